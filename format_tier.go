package annoset

// Formats that are tiers of one recording.
const ()

var tierFormats = []formatSpec{}
