"""How people prove who they are: passwords, and the company's own provider."""
