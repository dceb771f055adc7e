package annoset

// Formats of speech: who speaks when, and what is said.
const ()

var speechFormats = []formatSpec{}
