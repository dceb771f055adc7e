package charset

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/annoset/annoset/labelfile/internal/codec"
)

// Encoding is an encoding that a caller, or a file, names.
type Encoding struct {
	Name    string                 // as the WHATWG Encoding Standard has it
	convert func() codec.Converter // nil: UTF-8
}

// dos are the code pages that the standard leaves out.
var dos = map[string]*charmap.Charmap{
	"437": charmap.CodePage437, "850": charmap.CodePage850, "852": charmap.CodePage852, "855": charmap.CodePage855,
	"858": charmap.CodePage858, "860": charmap.CodePage860, "862": charmap.CodePage862, "863": charmap.CodePage863,
	"865": charmap.CodePage865,
}

// windows are the numbers of multi-byte code pages, by which Windows and Python call them.
var windows = map[string]string{"932": "shift_jis", "936": "gbk", "949": "euc-kr", "950": "big5"}

// Lookup finds an encoding by one of its names in the WHATWG Encoding Standard, in any case, or as a code page of DOS
// or Windows: "cp437", "ibm437".
func Lookup(name string) (*Encoding, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	page, found := strings.CutPrefix(name, "cp")
	if !found {
		page, found = strings.CutPrefix(name, "ibm")
	}
	if found && dos[page] != nil {
		return &Encoding{Name: "ibm" + page, convert: single(dos[page])}, true
	}
	if found && windows[page] != "" {
		name = windows[page]
	}
	known, err := htmlindex.Get(name)
	if err != nil || known == encoding.Replacement {
		return nil, false
	}
	name, err = htmlindex.Name(known)
	if err != nil {
		return nil, false
	}
	e := &Encoding{Name: name}
	switch table, isTable := known.(*charmap.Charmap); {
	case name == "utf-8":
	case name == "utf-16le":
		e.convert = func() codec.Converter { return codec.UTF16(binary.LittleEndian) }
	case name == "utf-16be":
		e.convert = func() codec.Converter { return codec.UTF16(binary.BigEndian) }
	case isTable:
		e.convert = single(table)
	case name == "gbk" || name == "gb18030": // the standard has one decoder for both
		e.convert = multiple(simplifiedchinese.GB18030, func() next { return nextGB18030 })
	case name == "iso-2022-jp":
		e.convert = multiple(known, func() next { return new(iso2022JP).next })
	default:
		e.convert = multiple(known, nil)
	}
	return e, true
}

// Reader converts a stream to UTF-8, unless a byte order mark says what it is, which is believed: then it returns the
// stream as it is, and no name. Bytes that are no character become [codec.NotUTF8].
func (e *Encoding) Reader(in io.Reader) (out io.Reader, name string) {
	buffered := bufio.NewReaderSize(in, 1<<16)
	head, _ := buffered.Peek(len(markUTF8)) // an error comes again when it is read
	switch {
	case hasMark(head):
		return buffered, ""
	case e.convert == nil:
		return buffered, e.Name
	}
	return codec.NewConverter(buffered, e.convert()), e.Name
}

// Marked returns a stream as it is, and its encoding if a byte order mark says that it is UTF-16, or "".
func Marked(in io.Reader) (out io.Reader, name string) {
	buffered := bufio.NewReaderSize(in, 1<<16)
	head, _ := buffered.Peek(len(markLE)) // an error comes again when it is read
	if string(head) == markLE || string(head) == markBE {
		return buffered, "UTF-16"
	}
	return buffered, ""
}

// Head converts the beginning of a file, which may be cut anywhere.
func (e *Encoding) Head(head []byte) []byte {
	if e.convert == nil || hasMark(head) {
		return head
	}
	text, _ := e.convert()(nil, head, false)
	return text
}

// Decode converts a whole text. Errors are of type [*codec.SyntaxError].
func (e *Encoding) Decode(data []byte) (string, error) {
	if e.convert != nil {
		data, _ = e.convert()(make([]byte, 0, len(data)+len(data)/2), data, true)
	}
	if at := codec.FirstBad(data); at >= 0 {
		return "", codec.BadBytes(codec.NewCursor(string(data)).Place(at)).In(e.Name)
	}
	return string(data), nil
}

// Byte order marks.
const (
	markUTF8 = "\xef\xbb\xbf"
	markLE   = "\xff\xfe"
	markBE   = "\xfe\xff"
)

func hasMark(head []byte) bool {
	return bytes.HasPrefix(head, []byte(markUTF8)) || bytes.HasPrefix(head, []byte(markLE)) ||
		bytes.HasPrefix(head, []byte(markBE))
}

// single converts an encoding of one byte a character.
func single(table *charmap.Charmap) func() codec.Converter {
	return func() codec.Converter {
		return func(dst, data []byte, _ bool) ([]byte, int) {
			for _, c := range data {
				if r := table.DecodeByte(c); r != utf8.RuneError {
					dst = utf8.AppendRune(dst, r)
				} else {
					dst = append(dst, codec.NotUTF8)
				}
			}
			return dst, len(data)
		}
	}
}
