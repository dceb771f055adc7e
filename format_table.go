package annoset

// TableOptions say what the columns of a table mean. The zero value goes by the names in the header.
type TableOptions struct{}

func (o *TableOptions) check(op string) error { return nil }

// Formats that are one record a line.
const ()

var tableFormats = []formatSpec{}
