package labelfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/valid"
)

// walkFiles yields the files of a folder that an import takes.
func walkFiles(fsys fs.FS, f Format, opts *ImportOptions, yield func(importFile, error) bool) {
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
		case !d.Type().IsRegular() || f != "" && !opts.AnyEnding && !endsAs(name, f):
			return nil
		}
		file, err := fsys.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		in := bufio.NewReaderSize(file, DetectBytes)
		format, why := f, ""
		if f == "" {
			head, err := in.Peek(DetectBytes)
			if err != nil && err != io.EOF {
				return err
			}
			if format, err = detectIn(opts.Encoding, name, head); err != nil { // the file is something else
				why = doubtOf(err)
			}
		}
		found = found || format != ""
		if !yield(importFile{name: name, format: format, reader: in, folder: true, why: why}, nil) {
			return fs.SkipAll
		}
		return nil
	})
	if err == nil && !found {
		reason := "has no file of a known format"
		if f != "" {
			reason = fmt.Sprintf("has no file that ends as those of the format %s do; AnyEnding takes all of them", f)
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

// doubtOf returns why a file that may be one of labels has no known format, or "" if it is none.
func doubtOf(err error) string {
	e, ok := errors.AsType[*annoset.ValidationError](err)
	if !ok || e.Problems[0].Field != "name" && !strings.Contains(e.Problems[0].Reason, "only the caller") {
		return ""
	}
	return e.Problems[0].Field + " " + e.Problems[0].Reason
}
