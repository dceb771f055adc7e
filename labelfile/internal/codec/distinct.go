package codec

// Distinct keeps audio files apart that a format cannot name as they are called, such as "my file.wav" and
// "my_file.wav" where names have no blanks. The zero value is ready.
type Distinct struct {
	owner map[string]string // the audio file, by written name
	name  map[string]string // the written name of those that had to be changed again, by audio file
	last  string            // the audio file seen last, if its name was free
}

// Name returns the name under which an audio file is written: the given one, or, if another audio file has that, with
// underscores appended.
func (d *Distinct) Name(file, name string) string {
	if unchanged := file == name; unchanged && name == d.last {
		return name
	}
	if again, ok := d.name[file]; ok {
		return again
	}
	if d.owner == nil {
		d.owner, d.name = make(map[string]string), make(map[string]string)
	}
	free := name
	for {
		owner, taken := d.owner[free]
		if !taken || owner == file {
			break
		}
		free += "_"
	}
	d.owner[free] = file
	if free != name {
		d.name[file] = free
		return free
	}
	d.last = file
	return free
}
