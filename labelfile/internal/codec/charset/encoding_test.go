package charset

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/matryer/is"
	"golang.org/x/text/encoding/charmap"

	"github.com/annoset/annoset/labelfile/internal/codec"
)

// decodeAll reads data in an encoding, in pieces of one byte or as a whole.
func decodeAll(t *testing.T, name string, data []byte) string {
	t.Helper()
	is := is.New(t)
	e, ok := Lookup(name)
	is.True(ok)
	var texts [2]string
	for i, in := range []io.Reader{bytes.NewReader(data), iotest.OneByteReader(bytes.NewReader(data))} {
		out, _ := e.Reader(in)
		text, err := io.ReadAll(out)
		is.NoErr(err)
		texts[i] = string(text)
	}
	is.Equal(texts[0], texts[1]) // wherever the pieces end
	return texts[0]
}

func TestLookup(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for name, want := range map[string]string{
		"UTF8": "utf-8", " utf-8 ": "utf-8", "unicode": "utf-16le", "UTF-16": "utf-16le", "latin1": "windows-1252", "ISO-8859-1": "windows-1252",
		"cp1252": "windows-1252", "sjis": "shift_jis", "cp932": "shift_jis", "CP949": "euc-kr", "gb2312": "gbk", "cp936": "gbk", "ibm850": "ibm850",
		"cp850": "ibm850", "CP866": "ibm866", "mac": "macintosh", "iso-8859-8-i": "iso-8859-8-i", "big5-hkscs": "big5",
	} {
		e, ok := Lookup(name)
		is.True(ok)
		is.Equal(e.Name, want)
	}
	for _, name := range []string{"", "cp", "cp037", "ibm1047", "cp99", "utf-7", "utf-32", "replacement", "iso-2022-kr"} {
		_, ok := Lookup(name)
		is.True(!ok)
	}
}

// TestEncoding_Reader_malformed finds all that is no character, also what the decoders take for another one, and goes
// on with the next character.
func TestEncoding_Reader_malformed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string][2]string{
		"undefined":                    {"windows-1253", "a\xaab"},
		"a lead at the end":            {"shift_jis", "a\x83"},
		"a lead before a line end":     {"shift_jis", "a\x83\nb"},
		"a lead before ASCII":          {"euc-kr", "a\xb0 b"},
		"no lead":                      {"euc-jp", "a\xffb"},
		"a trail out of range":         {"big5", "a\xa4\x20b"},
		"a pair of no character":       {"euc-kr", "a\xc9\xa1b"},
		"GBK":                          {"gbk", "a\x81\x7fb"},
		"GB18030, the second byte":     {"gb18030", "a\x81\x3a\x81\x30"}, // which the decoder takes
		"GB18030, the third byte":      {"gb18030", "a\x81\x30\x20b"},
		"GB18030, the fourth byte":     {"gb18030", "a\x81\x30\x81\x20b"},
		"GB18030, cut":                 {"gb18030", "a\x81\x30\x81"},
		"GB18030, beyond Unicode":      {"gb18030", "a\xfe\x39\xfe\x39b"},
		"ISO-2022-JP, a line end":      {"iso-2022-jp", "a\x1b$B$\nb"}, // which the decoder takes for a half of a character
		"ISO-2022-JP, DEL":             {"iso-2022-jp", "a\x1b$B$\x7f\x1b(Bb"},
		"ISO-2022-JP, a blank":         {"iso-2022-jp", "a\x1b$B \x1b(Bb"},
		"ISO-2022-JP, eight bits":      {"iso-2022-jp", "a\x80b"},
		"ISO-2022-JP, no such escape":  {"iso-2022-jp", "a\x1b$Ab"},
		"ISO-2022-JP, half an escape":  {"iso-2022-jp", "a\x1b$"},
		"half a pair":                  {"utf-16le", "a\x00\x3d\xd8b\x00"},
		"half a character":             {"utf-16be", "\x00a\x00"},
		"UTF-8":                        {"utf-8", "a\xe9b"},
		"a replacement that is not it": {"gb18030", "a\x84\x31\xa4\x37\xffb"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			text := decodeAll(t, tt[0], []byte(tt[1]))
			at := codec.FirstBad([]byte(text))
			is.True(at >= 1) // it is found
			is.Equal(text[:1], "a")
			is.Equal(strings.Count(tt[1], "\n"), strings.Count(text, "\n")) // and no line end is taken with it
			is.Equal(strings.HasSuffix(tt[1], "b") && !strings.HasSuffix(tt[0], "16le"), strings.HasSuffix(text, "b") && !strings.HasSuffix(tt[0], "16le"))
			e, _ := Lookup(tt[0])
			_, err := e.Decode([]byte(tt[1]))
			bad, ok := errors.AsType[*codec.SyntaxError](err)
			is.True(ok)
			is.Equal(bad.Found, "bytes that are not "+e.Name)
		})
	}
}

// TestEncoding_pairs decodes every pair of bytes: whatever is no pair of a lead and a trail of the standard is found.
func TestEncoding_pairs(t *testing.T) {
	t.Parallel()
	within := func(c byte, ranges ...byte) bool {
		for i := 0; i < len(ranges); i += 2 {
			if c >= ranges[i] && c <= ranges[i+1] {
				return true
			}
		}
		return false
	}
	for name, isPair := range map[string]func(a, b byte) bool{
		"shift_jis": func(a, b byte) bool {
			return within(a, 0x81, 0x9f, 0xe0, 0xfc) && within(b, 0x40, 0x7e, 0x80, 0xfc)
		},
		"euc-jp": func(a, b byte) bool {
			return within(a, 0xa1, 0xfe) && within(b, 0xa1, 0xfe) || a == 0x8e && within(b, 0xa1, 0xdf)
		},
		"gb18030": func(a, b byte) bool { return within(a, 0x81, 0xfe) && within(b, 0x40, 0x7e, 0x80, 0xfe) },
		"big5":    func(a, b byte) bool { return within(a, 0x81, 0xfe) && within(b, 0x40, 0x7e, 0xa1, 0xfe) },
		"euc-kr":  func(a, b byte) bool { return within(a, 0x81, 0xfe) && within(b, 0x41, 0xfe) },
	} {
		e, _ := Lookup(name)
		pairs := 0
		for a := range 0x100 {
			for b := range 0x100 {
				text, err := e.Decode([]byte{byte(a), byte(b)})
				alone := func(c int) bool {
					return c < 0x80 || name == "shift_jis" && (c == 0x80 || within(byte(c), 0xa1, 0xdf)) || name == "gb18030" && c == 0x80
				}
				switch {
				case err == nil && alone(a) && alone(b):
					if utf8.RuneCountInString(text) != 2 {
						t.Fatalf("%s: % x is %q", name, []int{a, b}, text)
					}
				case err == nil && !isPair(byte(a), byte(b)):
					t.Fatalf("%s: % x is %q", name, []int{a, b}, text)
				case err == nil:
					pairs++
				}
				if strings.ContainsRune(text, utf8.RuneError) {
					t.Fatalf("%s: % x is %q", name, []int{a, b}, text)
				}
			}
		}
		if pairs < 6000 {
			t.Errorf("%s has %d pairs", name, pairs)
		}
	}
}

// TestEncoding_charmaps decodes every byte as golang.org/x/text does, or finds that it is none.
func TestEncoding_charmaps(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for name, table := range map[string]*charmap.Charmap{"cp437": charmap.CodePage437, "windows-1255": charmap.Windows1255, "koi8-u": charmap.KOI8U} {
		for c := range 0x100 {
			want := string(table.DecodeByte(byte(c)))
			if want == "\ufffd" {
				want = "\xff"
			}
			is.Equal(decodeAll(t, name, []byte{byte(c)}), want)
		}
	}
	is.Equal(decodeAll(t, "iso-2022-jp", []byte("\\~\x1b(J\\~\x1b(B\\~\x1b$B%=\x1b(I5\x1b$(D\"/\x1b(B\n")), "\\~¥‾\\~ソｵ˘\n")
	is.Equal(decodeAll(t, "gb18030", []byte("\x84\x31\xa4\x37\x81\x30\x81\x30\x80")), "\ufffd\u0080€")
}

func TestEncoding_Reader_believesMarks(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for _, data := range []string{"\ufeffé", "\xff\xfe\xe9\x00", "\xfe\xff\x00\xe9"} {
		e, _ := Lookup("koi8-r")
		out, name := e.Reader(strings.NewReader(data))
		text, err := io.ReadAll(out)
		is.NoErr(err)
		is.Equal(string(text), data) // for those who read marks
		is.Equal(name, "")
		is.Equal(string(e.Head([]byte(data))), data)
	}
	broken := errors.New("broken")
	e, _ := Lookup("koi8-r")
	out, _ := e.Reader(io.MultiReader(strings.NewReader("abcd"), iotest.ErrReader(broken)))
	text, err := io.ReadAll(out)
	is.True(errors.Is(err, broken))
	is.Equal(string(text), "abcd")
	sjis, _ := Lookup("shift_jis")
	is.Equal(string(sjis.Head([]byte("\x83\x5c\x83"))), "ソ") // the head is cut in a character
}

// FuzzEncoding decodes anything: what is malformed is found, in every encoding, however the data comes.
func FuzzEncoding(f *testing.F) {
	names := []string{
		"windows-1253", "ibm437", "koi8-r", "shift_jis", "euc-jp", "iso-2022-jp", "gbk", "gb18030", "big5", "euc-kr", "utf-16le", "utf-16be",
		"iso-8859-8-i", "x-mac-cyrillic", "windows-874",
	}
	for i := range names {
		f.Add(uint8(i), []byte("a\x83\x5c\x1b$B%=\x1b(B\x81\x30\x81\x30\n\x84\x31\xa4\x37"))
	}
	f.Fuzz(func(t *testing.T, i uint8, data []byte) {
		if len(data) > 1<<14 || hasMark(data) {
			return
		}
		name := names[int(i)%len(names)]
		e, _ := Lookup(name)
		whole, err := e.Decode(data)
		text := decodeAll(t, name, data)
		if (err == nil) != utf8.ValidString(text) || err == nil && whole != text {
			t.Fatalf("%q in pieces, %q as a whole, %v", text, whole, err)
		}
		if strings.Contains(text, "\ufffd") && !strings.HasPrefix(name, "utf") && !bytes.Contains(data, []byte("\x84\x31\xa4\x37")) {
			t.Fatalf("U+FFFD of %q in %s", data, name)
		}
	})
}
