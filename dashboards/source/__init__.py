"""The Grafana dashboards as code; `python -m dashboards.source` renders them into `dashboards/grafana`."""
