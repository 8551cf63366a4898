"""Certificate requests for both TLS roles, in every form that an authority asks for."""
