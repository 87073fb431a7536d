"""How work is done: process models drawn as stages and actions."""
