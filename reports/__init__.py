"""What a person looks at: HTML and Markdown reports of measurements (docs/report.md)."""

from reports.markdown import markdown_summary
from reports.page import build_report

__all__ = ["build_report", "markdown_summary"]
