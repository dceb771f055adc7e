package labelfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/labelfile/internal/codec"
)

// DetectBytes is how many bytes of the beginning of a file [Detect] reads at most.
const DetectBytes = 1 << 14

// Detect returns the format of a file. It reads the beginning of the file, up to [DetectBytes] of it, packed with
// gzip or not, and the file's name, which may be empty.
//
// The contents decide, and the name must agree with them: "x.rttm" is no CTM, "x.csv" no TextGrid. Endings of tables
// (".csv", ".tsv", ".tab") stand for each other, and ".txt" and unknown endings agree with everything.
//
// Errors: an [*annoset.ValidationError] of the field "contents" if they look like no format, or like several; of the
// field "name" if name and contents contradict each other. The name alone is never enough.
func Detect(name string, head []byte) (Format, error) {
	if head = unpackedHead(head); len(head) > DetectBytes {
		head = head[:DetectBytes]
	}
	said := formatsOf(name)
	like := make([]likeness, len(formats))
	for i := range formats {
		like[i] = formats[i].looksLike(head)
	}
	named := func(i int) bool { return slices.Contains(said, formats[i].format) }
	fits := best(like, func(i int) bool { return like[i] > maybe })
	if said == nil {
		return oneOf(name, head, fits)
	}
	in := best(like, named)
	if len(in) == 0 {
		return "", contradicts(name, head, said, fits)
	}
	for i, l := range like {
		if l == certain && !named(i) {
			in = append(in, formats[i].format)
		}
	}
	return oneOf(name, head, in)
}

// best returns which of some formats the contents look most like: several if they look like them equally.
func best(like []likeness, among func(i int) bool) []Format {
	top := maybe
	var all []Format
	for i, l := range like {
		switch {
		case l < top || !among(i):
		case l > top:
			top, all = l, []Format{formats[i].format}
		default:
			all = append(all, formats[i].format)
		}
	}
	return all
}

// oneOf returns the format that the contents fit, or an error if they fit none or several.
func oneOf(name string, head []byte, fits []Format) (Format, error) {
	p := &valid.Problems{}
	switch len(fits) {
	case 0:
		p.Add(-1, "contents", "of %s look like none of %q: %s", valid.Brief(name), Formats(), valid.Brief(string(head)))
	case 1:
		return fits[0], nil
	default:
		p.Add(-1, "contents", "of %s look like %q, and only the caller can say which", valid.Brief(name), fits)
	}
	return "", invalid(detecting, p)
}

// detecting is the operation that errors name.
const detecting = "detect format"

// contradicts returns the error for a name that says formats which the contents are not.
func contradicts(name string, head []byte, said, fits []Format) error {
	why := "look like none of them: " + valid.Brief(string(head))
	table := slices.Contains(said, CSV)
	switch {
	case len(fits) > 0:
		why = fmt.Sprintf("look like %q", fits)
	case len(said) == 1 || table:
		if bad, ok := errors.AsType[*SyntaxError](firstError(head, said[0])); ok {
			why = fmt.Sprintf("are not: %d:%d: found %s, expected %s", bad.Line, bad.Column, bad.Found, bad.Expected)
		}
	}
	p := &valid.Problems{}
	switch {
	case len(said) == 0:
		p.Add(-1, "name", "%s says a format that is not read here, although the contents %s", valid.Brief(name), why)
	case table:
		p.Add(-1, "name", "%s says csv or another table, but the contents %s", valid.Brief(name), why)
	default:
		p.Add(-1, "name", "%s says %q, but the contents %s", valid.Brief(name), said, why)
	}
	return invalid(detecting, p)
}

// firstError returns what a format finds wrong with the beginning of a file.
func firstError(head []byte, f Format) error {
	for _, err := range Read(bytes.NewReader(head), f, &ReadOptions{Name: "x", Table: TableOptions{SampleRate: 1}}) {
		if err != nil {
			return err
		}
	}
	return nil
}

// formatsOf returns the formats that a file name speaks for: nil if it says nothing, none if it says one that is not
// read here.
func formatsOf(name string) []Format {
	lower := strings.ToLower(unpackedName(Base(name)))
	if stem, _ := strings.CutSuffix(lower, ".txt"); stem == "segments" {
		return []Format{} // Kaldi's, which has the fields of a UEM in another order
	}
	longest := ""
	for i := range formats {
		if ending := formats[i].endingOf(lower); len(ending) > len(longest) {
			longest = ending
		}
	}
	if longest == "" || longest == ".txt" {
		return nil
	}
	isTable := slices.Contains([]string{".csv", ".tsv", ".tab"}, longest)
	var said []Format
	for i := range formats {
		if spec := &formats[i]; spec.endingOf(lower) == longest || isTable && spec.table {
			said = append(said, spec.format)
		}
	}
	return said
}

// endingOf returns the longest ending of the format's files that a file name in lower case has, or "".
func (spec *formatSpec) endingOf(lower string) (longest string) {
	for _, ending := range spec.endings {
		if ending = strings.ToLower(ending); strings.HasSuffix(lower, ending) && len(ending) > len(longest) {
			longest = ending
		}
	}
	return longest
}

// unpackedHead unpacks as much of a gzip stream as its beginning allows.
func unpackedHead(head []byte) []byte {
	if !bytes.HasPrefix(head, gzipMagic) {
		return head
	}
	r, err := codec.Gunzip(bytes.NewReader(head))
	if err != nil {
		return head
	}
	out := make([]byte, DetectBytes)
	n, err := io.ReadFull(r, out)
	if err != nil && n == 0 && !errors.Is(err, io.EOF) {
		return head
	}
	return out[:n]
}
