"""The WeCom API, one module for each family of endpoints.

Every endpoint is a plain function of the company, the caller and what was asked.
"""
