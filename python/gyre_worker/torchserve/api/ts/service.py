"""What archives take from ts.service."""

import logging

logger = logging.getLogger(__name__)


def emit_metrics(metrics):
    for metric in metrics or ():
        logger.info("[METRICS]%s", metric)
