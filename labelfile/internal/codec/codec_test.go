package codec

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/matryer/is"
)

func TestLines_Next(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200_000)
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"nothing":            {"", nil},
		"LF":                 {"a\nb\n", []string{"a", "b"}},
		"no end":             {"a\nb", []string{"a", "b"}},
		"CRLF":               {"a\r\n\r\nb\r\n", []string{"a", "", "b"}},
		"CR":                 {"a\r\rb\r", []string{"a", "", "b"}},
		"a byte order mark":  {"\ufeffa\n", []string{"a"}},
		"longer than buffer": {long + "\r\n" + long, []string{long, long}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(tt.text), iotest.OneByteReader(strings.NewReader(tt.text))} {
				is := is.New(t)
				lines, got := NewLines(r), []string(nil)
				for {
					line, err := lines.Next()
					if err == io.EOF {
						break
					}
					is.NoErr(err)
					got = append(got, string(line))
				}
				is.Equal(got, tt.want)
				is.Equal(lines.Line(), len(tt.want)+1) // the end is one further
			}
		})
	}
}

func TestLines_Next_refuses(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	lines := NewLines(strings.NewReader("ok\nä\xff\nok\n" + strings.Repeat("x", MaxLine+1)))
	_, err := lines.Next()
	is.NoErr(err)
	_, err = lines.Next()
	e, ok := errors.AsType[*SyntaxError](err)
	is.True(ok)
	is.Equal(e.Place, Place{2, 2}) // the second character is none
	_, err = lines.Next()
	is.NoErr(err) // the next line is read all the same
	_, err = lines.Next()
	e, ok = errors.AsType[*SyntaxError](err)
	is.True(ok)
	is.Equal(e.Line, 4)
	_, err = lines.Next()
	is.Equal(err, io.EOF) // a line without an end is the end
	broken := errors.New("broken")
	_, err = NewLines(iotest.ErrReader(broken)).Next()
	is.True(errors.Is(err, broken))
}

func TestLines_Next_long(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n", "\r", "\r\n"} {
		for _, n := range []int{255, 256, 257, 767, 768, 1<<16 - 1, 1 << 16, 1<<16 + 1} {
			is := is.New(t)
			lines := NewLines(strings.NewReader(strings.Repeat("a", n) + end + "b" + end))
			line, err := lines.Next()
			is.NoErr(err)
			is.Equal(len(line), n) // wherever the end lies in what is buffered
			is.Equal(lines.End(), end)
			line, err = lines.Next()
			is.NoErr(err)
			is.Equal(string(line), "b")
		}
	}
}

func TestObject(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	_, err := Object([]Field{{"b", "<&>"}, {"a", json.Number("1.50")}, {"n", nil}, {"b2", int64(2)}},
		json.RawMessage(`{"a": {"x": 1.0}, "z": [NaN]}`))
	is.True(err != nil) // extra data is JSON
	got, err := Object([]Field{{"b", "<&>"}, {"a", json.Number("1.50")}, {"n", nil}, {"b2", int64(2)}},
		json.RawMessage(`{"a": {"x": 1.0}, "z": true}`))
	is.NoErr(err)
	is.Equal(string(got), `{"b":"<&>","a":{"x": 1.0},"n":null,"b2":2,"z":true}`)
	members, err := Members(got)
	is.NoErr(err)
	is.Equal(Text(members, "b"), "<&>")
	is.Equal(Text(members, "n"), "")
	is.Equal(Text(members, "b2"), "2")
	is.Equal(Text(members, "none"), "")
}

func TestGunzip(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	pack := func(data []byte) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, err := z.Write(data)
		is.NoErr(err)
		is.NoErr(z.Close())
		return b.Bytes()
	}
	packed := pack([]byte("labels"))
	r, err := Gunzip(bytes.NewReader(packed))
	is.NoErr(err)
	data, err := io.ReadAll(r)
	is.NoErr(err)
	is.Equal(string(data), "labels")

	for _, damaged := range [][]byte{packed[:5], packed[:len(packed)-3], append(bytes.Clone(packed[:12]), 7, 7, 7, 7, 7, 7, 7)} {
		r, err := Gunzip(bytes.NewReader(damaged))
		if err == nil {
			_, err = io.ReadAll(r)
		}
		_, ok := errors.AsType[*SyntaxError](err)
		is.True(ok) // it is not whole
	}
	bomb := pack(make([]byte, bombBytes*2))
	r, err = Gunzip(bytes.NewReader(bomb))
	is.NoErr(err)
	n, err := io.Copy(io.Discard, r)
	_, ok := errors.AsType[*SyntaxError](err)
	is.True(ok)                   // no labels pack so well
	is.True(n <= bombBytes+1<<17) // it was seen early
}

func TestLines_End(t *testing.T) {
	t.Parallel()
	for _, r := range []io.Reader{strings.NewReader("a\nb\r\nc\rd\r\r\n\n"), iotest.OneByteReader(strings.NewReader("a\nb\r\nc\rd\r\r\n\n"))} {
		is := is.New(t)
		lines, got := NewLines(r), []string(nil)
		for {
			line, err := lines.Next()
			if err == io.EOF {
				break
			}
			is.NoErr(err)
			got = append(got, string(line)+lines.End())
		}
		is.Equal(got, []string{"a\n", "b\r\n", "c\r", "d\r", "\r\n", "\n"})
	}
	is := is.New(t)
	broken := errors.New("broken")
	lines := NewLines(io.MultiReader(strings.NewReader("a\r"), iotest.ErrReader(broken)))
	line, err := lines.Next()
	is.NoErr(err)
	is.Equal(string(line), "a")
	_, err = lines.Next()
	is.True(errors.Is(err, broken)) // it was met while looking for an LF
}

func TestLines_utf16(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	text := "é\r\n🎵" + strings.Repeat("ab", 5000) + "\n\u2028"
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		data := []byte(nil)
		for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
			data = order.AppendUint16(data, unit)
		}
		is.Equal(string(Head(data)), text)
		lines := NewLines(iotest.HalfReader(bytes.NewReader(data)))
		for want := range strings.Lines(text) {
			line, err := lines.Next()
			is.NoErr(err)
			is.Equal(string(line)+lines.End(), want)
		}
		for half, column := range map[string]int{"\x00\xd8\x61\x00": 1, "\x61\x00\x00\xdc": 2, "\x61\x00\x62": 2, "\x00\xd8": 1} {
			_, err := NewLines(strings.NewReader("\xff\xfe" + half)).Next()
			e, ok := errors.AsType[*SyntaxError](err)
			is.True(ok)
			is.Equal(e.Place, Place{1, column}) // of half a character
		}
	}
}

func TestSaysAnything(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		`""`: false, `null`: false, `false`: false, `{}`: false, `[ ]`: false, `{"a" : "", "b":[null, {"c":false}]}`: false,
		`0`: true, `true`: true, `"a"`: true, `{"a":{"b":["", "x"]}}`: true, `[[-1]]`: true, `"\""`: true, ``: false,
	} {
		is := is.New(t)
		is.Equal(SaysAnything([]byte(value)), want) // that is, something that a person would miss
	}
}

// TestEachUnique takes the members that encoding/json takes, however many there are.
func TestEachUnique(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		is := is.New(t)
		r := rand.New(rand.NewPCG(seed, 7))
		text, n := "{", r.IntN(30)
		for i := range n {
			if i > 0 {
				text += " , "
			}
			text += []string{`"a"`, `"ab"`, `"\u0061"`, `"b\n"`, `"b\u000a"`, `""`, `"long name"`, `"\\"`}[r.IntN(8)] + fmt.Sprintf(`: %d`, r.IntN(3))
		}
		var want map[string]json.RawMessage
		is.NoErr(json.Unmarshal([]byte(text+"}"), &want))
		got, lost := map[string]json.RawMessage{}, 0
		is.NoErr(EachUnique([]byte(text+"}"), func(name, value []byte) {
			key, ok := Unquote(name)
			is.True(ok && string(want[key]) != string(value)) // what is lost differs
			lost++
		}, func(name, value []byte) error {
			key, ok := Unquote(name)
			is.True(ok && got[key] == nil) // once
			got[key] = value
			return nil
		}))
		is.Equal(got, want)
		is.True(lost <= n-len(want))
	}
}
