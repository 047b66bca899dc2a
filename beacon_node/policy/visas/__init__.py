"""The clearinghouse's decisions (GA4GH Passport 1.2, AAI OIDC Profile 1.2).

In the order in which a request meets them: `headers` (whose key must have signed this?), `claims`
(times, audience), `passports`, `documents` (one visa), `linked` and `conditions` (visas among each
other), `standing` (what they prove together).
"""
