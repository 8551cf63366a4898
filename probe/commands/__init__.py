"""One command a file: each module here has `register(app)`, and the command line finds it by being here.

A command imports what it needs inside its function, so that `mirrorprobe explain` does not wait for the web
server.
"""
