"""WeChat's official accounts: template messages, and who a browser in WeChat is."""
