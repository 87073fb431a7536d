"""Waking the task that sends what is due."""

from config.doorbells import Doorbell

sending = Doorbell("webhooks", "node_links.tasks.webhooks.send_webhooks")
