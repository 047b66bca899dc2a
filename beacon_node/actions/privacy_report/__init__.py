"""What an operator reads before going public: settings, usefulness, attacks on the own data."""

from beacon_node.actions.privacy_report.contents import DatasetReport, Outcome, Report
from beacon_node.actions.privacy_report.report import privacy_report
from beacon_node.actions.privacy_report.sites import Sampling

__all__ = ["DatasetReport", "Outcome", "Report", "Sampling", "privacy_report"]
