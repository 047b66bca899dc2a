"""Who is it? Asks passport brokers and visa issuers, at the addresses an operator configured."""
