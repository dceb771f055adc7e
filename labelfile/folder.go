package labelfile

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/annoset/annoset/internal/filename"
	"github.com/annoset/annoset/internal/valid"
)

// walkFiles yields the files of a folder that an import takes.
func walkFiles(fsys fs.FS, f Format, yield func(importFile, error) bool) {
	found := false
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular() || f != "" && !endsAs(name, f):
			return nil
		}
		file, err := fsys.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		in := bufio.NewReaderSize(file, DetectBytes)
		format := f
		if f == "" {
			head, err := in.Peek(DetectBytes)
			if err != nil && err != io.EOF {
				return err
			}
			format, _ = Detect(name, head) // an error: the file is something else
		}
		found = found || format != ""
		if !yield(importFile{name: name, format: format, reader: in, folder: true}, nil) {
			return fs.SkipAll
		}
		return nil
	})
	if err == nil && !found {
		reason := "has no file of a known format"
		if f != "" {
			reason = fmt.Sprintf("has no file of the format %s", f)
		}
		p := &valid.Problems{}
		p.Add(-1, "folder", "%s", reason)
		err = invalid(importing, p)
	}
	if err != nil {
		yield(importFile{}, err)
	}
}

// endsAs reports whether a file name ends as files of a format do. Names go with any unknown format, so that reading
// refuses it.
func endsAs(name string, f Format) bool {
	spec, err := specOf(importing, f)
	return err != nil || spec.endingOf(strings.ToLower(unpackedName(name))) != ""
}

// idOfFile makes the audio file id of a file in a folder, from the name that its format gives: by default its own,
// which ExportDir may have made.
func idOfFile(name string, file importFile) string {
	if name != file.name {
		return name // the format's own
	}
	stem := withoutEnding(unpackedName(path.Base(name)), file.format)
	if id, ok := filename.Unescape(stem); ok && !strings.EqualFold(id, stem) {
		return id // the name is escaped; one that is not keeps the case that somebody gave it
	}
	if own := ravenStem(name); file.format == Raven && own != "" {
		return own
	}
	return stem
}

// withoutEnding removes the first ending of a format that a file name has.
func withoutEnding(name string, f Format) string {
	spec, err := specOf(importing, f)
	if err != nil {
		return name
	}
	lower := strings.ToLower(name)
	for _, ending := range spec.endings {
		if strings.HasSuffix(lower, strings.ToLower(ending)) && len(name) > len(ending) {
			return name[:len(name)-len(ending)]
		}
	}
	return name
}
