package annoset

// Formats of annotation tasks in JSON.
const ()

var taskFormats = []formatSpec{}
