"""Things made to harm, as data: each says how it is made and what must become of it."""
