// Package charset converts label files of older programs to UTF-8.
package charset

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"github.com/annoset/annoset/labelfile/internal/codec"
)

// Decode converts a file to UTF-8. Byte order marks say that it is UTF-16, of either byte order, or UTF-8. A file
// without one is UTF-8, or Latin-1 if it is not valid UTF-8, which latin1 reports. Errors are of type
// [*codec.SyntaxError].
func Decode(data []byte) (text string, latin1 bool, err error) {
	order, data := encodingOf(data)
	if order != nil {
		text, err = decodeUTF16(data, order)
		return text, false, err
	}
	if utf8.Valid(data) {
		return string(data), false, nil
	}
	return decodeLatin1(data), true, nil
}

// Named returns the text of a file whose encoding is named: its reader has converted it to UTF-8 already, unless a byte
// order mark says what it is. Errors are of type [*codec.SyntaxError].
func Named(data []byte) (string, error) {
	if hasMark(data) {
		text, latin1, err := Decode(data)
		if !latin1 {
			return text, err
		}
	}
	if at := codec.FirstBad(data); at >= 0 {
		return "", codec.BadBytes(codec.NewCursor(string(data)).Place(at))
	}
	return string(data), nil
}

// Head converts the beginning of a file, which may be cut anywhere.
func Head(data []byte) string {
	order, data := encodingOf(data)
	if order == nil {
		return string(data)
	}
	text, _ := codec.AppendUTF16(nil, data, order)
	return string(text)
}

// encodingOf returns the byte order of UTF-16, or nil for anything else, and the data without the byte order mark.
// UTF-16 without one is recognized by its first character, if that is ASCII.
func encodingOf(data []byte) (binary.ByteOrder, []byte) {
	switch {
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return binary.BigEndian, data[2:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return binary.LittleEndian, data[2:]
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return nil, data[3:]
	case len(data) > 1 && data[0] == 0 && data[1] != 0:
		return binary.BigEndian, data
	case len(data) > 1 && data[1] == 0 && data[0] != 0:
		return binary.LittleEndian, data
	}
	return nil, data
}

func decodeUTF16(data []byte, order binary.ByteOrder) (string, error) {
	text, n := codec.AppendUTF16(make([]byte, 0, len(data)), data, order)
	at, found := bytes.IndexByte(text, codec.NotUTF8), "half of a pair of characters"
	switch rest := len(data) - n; {
	case at >= 0:
	case rest == 0:
		return string(text), nil
	default:
		if at = len(text); rest == 1 {
			found = "half a character"
		}
	}
	return "", codec.NewCursor(string(text[:at])).ErrorAt(at, found, "UTF-16")
}

// windows1252 has the characters of the bytes from 0x80 to 0x9F, for which Latin-1 has only control codes. Windows
// writes them, and the WHATWG Encoding Standard reads everything called Latin-1 this way.
var windows1252 = [32]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8D, 'Ž', 0x8F,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9D, 'ž', 'Ÿ',
}

func decodeLatin1(data []byte) string {
	var b strings.Builder
	b.Grow(len(data) + len(data)/4)
	for _, c := range data {
		r := rune(c)
		if c >= 0x80 && c < 0xA0 {
			r = windows1252[c-0x80]
		}
		b.WriteRune(r)
	}
	return b.String()
}
