"""The terminating relay, and why it carries a failure faithfully: the lockstep.

A relay that stands between two members is two TLS connections, or legs: the client's with our server
engine, and our client engine's with the upstream. A relay that simply shakes hands on one leg and then on
the other hides the very thing that it is there to show: the client would see a good handshake and then a
close, where without us it would have been refused with an alert. So neither engine ever runs ahead of the
peer that it stands for:

* `preamble`: bytes before TLS pass both ways untouched, until the client's ClientHello is whole.
* `offered`: our ClientHello offers the upstream what the client offers. Its ServerHello and flight come in;
  our engine is given no more of it than it needs for the secrets with which the observer reads the flight.
* `answered`: now everything that the client must be told is known: version, suite, group, whether a
  certificate is wanted and with which CA names. Our server engine answers exactly so, with the upstream's
  identity.
* `presented`: the client has answered, with an alert, a close, or its certificate. A refusal is carried as
  it is. Else our client engine gets the rest of the flight, and presents the client's identity, or none.
* `opened`: the upstream has accepted (TLS 1.2), or may still refuse (TLS 1.3, where its alert comes after
  all is done). Until it has spoken, what our server engine says after its Finished is held back, so that an
  alert can still take its place in the sequence. What passes from then on is looked at a moment later, all of it,
  before anybody is told of it (`afterwards`).

An alert that arrived in cleartext goes on in cleartext, a protected one is sealed with our own write
protection of the other leg; a FIN goes on as FIN and a RST as RST. One observer a leg sees every byte, and
has the key log of our own engine: it reads TLS 1.3 too, and reads it when the handshake fails.

Each stage is a class in its own module with the same few methods; `exchange` has what they share.
"""
