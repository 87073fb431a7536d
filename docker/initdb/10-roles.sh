#!/usr/bin/env bash
# The roles and the database, as config/embedded/roles.py makes them for the embedded server: the
# owner migrates and sees every row, the app role serves under row-level security.
set -euo pipefail

psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname template1 \
    --set owner_password="$NODELOOM_OWNER_PASSWORD" --set app_password="$NODELOOM_APP_PASSWORD" <<'SQL'
CREATE EXTENSION IF NOT EXISTS vector;
CREATE ROLE nodeloom_owner LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION CREATEDB BYPASSRLS
    PASSWORD :'owner_password';
CREATE ROLE nodeloom_app LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOCREATEDB NOBYPASSRLS
    PASSWORD :'app_password';
CREATE DATABASE nodeloom OWNER nodeloom_owner;
REVOKE ALL ON DATABASE nodeloom FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE nodeloom TO nodeloom_app;
SQL
