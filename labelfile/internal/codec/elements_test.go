package codec

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/matryer/is"
)

func TestEachElement(t *testing.T) {
	t.Parallel()
	read := func(text string) (said []string) {
		src := &Source{Bad: func(e *SyntaxError) error { said = append(said, "bad "+e.Error()); return nil }}
		// one byte at a time: no end of a buffer matters
		err := EachElement(NewLines(iotest.OneByteReader(strings.NewReader(text))), src, func(object []byte, place func([]byte) Place) error {
			said = append(said, fmt.Sprint(place(object), " ", string(object)))
			return nil
		})
		if err != nil {
			said = append(said, err.Error())
		}
		return said
	}
	for text, want := range map[string][]string{
		`[]`:                        nil,
		"[{\"ä\":1},{\"a\":\"}\"}]": {`{1 2} {"ä":1}`, `{1 10} {"a":"}"}`}, // columns are of characters
		"\ufeff[\r\n{},\r{},\n{}]":  {`{2 1} {}`, `{3 1} {}`, `{4 1} {}`},
		"[{\"a\":\n\"\xff\"},{}]":   {"bad 2:2: found bytes that are not UTF-8, expected UTF-8", `{2 6} {}`},
		`[{"a":]},{}]`:              {"bad 1:2: found invalid character ']' looking for beginning of value, expected a JSON object", `{1 10} {}`},
		`[{} {}]`:                   {`{1 2} {}`, `1:5: found "{", expected an array of objects`},
		"[{\"a\":\"b":               {"1:9: found the end of the file, expected the end of the array"},
		"[{},\n]":                   {`{1 2} {}`, `2:1: found "]", expected an object after the comma`},
		`[,{}]`:                     {`1:2: found ",{", expected an array of objects`},
	} {
		is := is.New(t)
		is.Equal(read(text), want)
	}
}

func TestEachElement_tellsThePlaceOfAPart(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	var got []string
	text := "[{},\r\n {\"ä\":\r[1,\r\n2]}, {\"b\":\"é\",\"c\":3}]"
	src := &Source{Bad: func(e *SyntaxError) error { got = append(got, e.Error()); return nil }}
	err := EachElement(NewLines(iotest.HalfReader(strings.NewReader(text))), src, func(object []byte, place func([]byte) Place) error {
		var values [][]byte
		err := EachMember(object, func(_, value []byte) error {
			if values = append(values, value); value[0] == '[' {
				return EachValue(value, func(v []byte) error { values = append(values, v); return nil })
			}
			return nil
		})
		for i := range values {
			v := values[len(values)-1-i] // backwards, for any order will do
			got = append(got, fmt.Sprint(string(v), place(v)))
		}
		return err
	})
	is.NoErr(err)
	is.Equal(got, []string{"2{4 1}", "1{3 2}", "[1,\r\n2]{3 1}", "3{4 19}", "\"é\"{4 11}"})
}

// objects is an array of one line that is longer than any line may be.
type objects struct {
	left int
	rest string
}

func (o *objects) Read(p []byte) (int, error) {
	if o.rest == "" && o.left > 0 {
		if o.left--; o.left > 0 {
			o.rest = `{"a":"` + strings.Repeat("x", 1<<16) + `"},`
		} else {
			o.rest = "{}]"
		}
	}
	if o.rest == "" {
		return 0, io.EOF
	}
	n := copy(p, o.rest)
	o.rest = o.rest[n:]
	return n, nil
}

func TestEachElement_readsLinesOfAnyLength(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	const n = 2 * MaxLine >> 16
	seen, last := 0, Place{}
	in := &objects{left: n, rest: "["}
	err := EachElement(NewLines(in), &Source{}, func(object []byte, place func([]byte) Place) error {
		seen, last = seen+1, place(object)
		return nil
	})
	is.NoErr(err)
	is.Equal(seen, n)
	is.Equal(last, Place{Line: 1, Column: 2 + (n-1)*(1<<16+9)})
}
