package charset

import (
	"errors"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/labelfile/internal/codec"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		data, want string
		latin1     bool
	}{
		"nothing":                    {"", "", false},
		"UTF-8":                      {"hé", "hé", false},
		"UTF-8 with a mark":          {"\ufeffhé", "hé", false},
		"UTF-16, big end first":      {"\xfe\xff\x00h\x00\xe9\xd8\x3d\xdc\x26", "hé🐦", false},
		"UTF-16, little end first":   {"\xff\xfeh\x00\xe9\x00\x3d\xd8\x26\xdc", "hé🐦", false},
		"big end first, no mark":     {"\x00h\x00\xe9", "hé", false},
		"little end first, no mark":  {"h\x00\xe9\x00", "hé", false},
		"Latin-1":                    {"h\xe9 \x93q\x94 \x81", "hé “q” \u0081", true},
		"Latin-1 that starts as one": {"\xc3\xa9 \xe9", "Ã© é", true}, // the whole file counts
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			text, latin1, err := Decode([]byte(tt.data))
			is.NoErr(err)
			is.Equal(text, tt.want)
			is.Equal(latin1, tt.latin1)
			if !tt.latin1 {
				is.Equal(Head([]byte(tt.data)), tt.want)
			}
		})
	}
}

func TestDecode_refuses(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"\xfe\xff\x00a\x00\n\x00", "\xfe\xff\x00a\x00\n\xd8\x3d", "\xfe\xff\x00a\x00\n\xdc\x26\xd8\x3d"} {
		is := is.New(t)
		_, _, err := Decode([]byte(data))
		e, ok := errors.AsType[*codec.SyntaxError](err)
		is.True(ok)
		is.Equal(e.Place, codec.Place{Line: 2, Column: 1}) // where half a character is
	}
}

func TestHead_cutAnywhere(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	whole := "\xff\xfeh\x00\x3d\xd8\x26\xdc"
	is.Equal(Head([]byte(whole[:7])), "h")
	is.Equal(Head([]byte(whole[:6])), "h")
	is.Equal(Head([]byte(whole[:5])), "h")
	is.Equal(Head([]byte(whole[:3])), "")
}
