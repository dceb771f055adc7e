package textgrid_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/matryer/is"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/codectest"
	"github.com/annoset/annoset/labelfile/internal/codec/textgrid"
)

func read(src *codec.Source) error { return textgrid.Read(src, textgrid.Options{}) }

// texts of a file that reads, in short.
func texts(t *testing.T, data string) string {
	t.Helper()
	r := codectest.Codec{Read: read}.ReadAll([]byte(data), false)
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	var all []string
	for _, a := range r.Labels {
		all = append(all, a.Type)
	}
	return strings.Join(all, "|")
}

const head = `"ooTextFile" "TextGrid" 0 9 <exists> 1 "IntervalTier" "w" 0 9 `

// TestRead_freeStanding reads what stands free, and nothing else, as Praat's manual has it.
func TestRead_freeStanding(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	is.Equal(texts(t, head+`1 0 9 "a"`), "a")
	is.Equal(texts(t, head+`[12]: size=4 1 xmin[1]=5 0 x-3 9 name="no" "a"`), "a") // there is no white space before these
	is.Equal(texts(t, head+"1 ! one 7 \"no\" <no>\n0 9 \"a ! b\" ! 8"), "a ! b")   // a comment ends with its line
	is.Equal(texts(t, head+`1 + 0 +9 "a"`), "a")                                   // a plus by itself is none
	is.Equal(texts(t, head+"1\u00a00\u30009\u2003\"a\"\u00a0"), "a")               // white space of all kinds
	is.Equal(texts(t, head+`1 0 9 """"`), `"`)
	is.Equal(texts(t, head+`1 0 9 """a"" ""b"""`), `"a" "b"`)
	is.Equal(texts(t, head+"1 0 9 \"a\n\n b\""), "a\n\n b")
	is.Equal(texts(t, head+`2 0 9 "a" 0 9 "bcd`+"\"\t"), "a|bcd")
	is.Equal(texts(t, head+`0`), "")
}

func TestRead_endless(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := codectest.Codec{Read: read}.ReadAll([]byte(head+"1000000000000 0 1 \"a\""), false)
	e, ok := errors.AsType[*codec.SyntaxError](r.Err)
	is.True(ok)
	is.Equal(e.Found, "the end of the file") // soon
	broken := errors.New("broken")
	err := textgrid.Read(&codec.Source{Reader: io.MultiReader(strings.NewReader(head), iotest.ErrReader(broken))}, textgrid.Options{})
	is.True(errors.Is(err, broken))
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{
		head + "2 0 1 \"a\" 1 9 \"\"",
		"File type = \"ooTextFile short\"\n\"TextGrid\"\n\n0\n2\ntiers? <exists>\n2\n\"IntervalTier\"\n\"w \"\"1\"\"\"\n0\n2\n1\n0\n2\n\"x\ny\"\n" +
			"\"TextTier\"\n\"p\"\n0\n2\n2\n1\n\"one\"\n1\n\"two\"\n",
		"\"ooTextFile\" \"TextGrid\" -0 9 <exists> 3 \"IntervalTier\" \"w\" 0 9 1 0 2 \"a\" \"IntervalTier\" \"w\" 0 9 2 1 3 \"b\" 3 4 \"c\" \"IntervalTier\" \"w\" 0 9 0",
		"\"ooTextFile\" \"TextGrid\" 0 1e1 <exists> 1 \"TextTier\" \"default\" 0 9 2 1.00049 \"a\xe9\" 1.0005 \"b\" 7 ! more",
		"\xfe\xff\x00\"\x00o\x00o", "\xff\xfe\"\x00", "\ufeff\"ooTextFile\" \"TextGrid\" 0 9 <absent>", "ooBinaryFile\x08TextGrid",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 1<<16 {
			codectest.Codec{Read: read, Write: textgrid.Write}.Again(t, data)
		}
	})
}
