# One image for web, live, workers and beat; the command chooses the part (docker-compose.yml).
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir uv
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-default-groups --compile-bytecode
COPY . .
# No key is kept in the image: this one serves the collecting of files only.
RUN NODELOOM_SECRET_KEY=build NODELOOM_DATA_DIR=/app/data \
    .venv/bin/python manage.py collectstatic --no-input --verbosity 0

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /app nodeloom
COPY --from=build --chown=nodeloom /app /app
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 NODELOOM_DATA_DIR=/app/data
USER nodeloom
EXPOSE 8000 8001
CMD ["granian", "config.wsgi:application", "--interface", "wsgi", "--host", "0.0.0.0", \
     "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--workers-kill-timeout", "5"]
