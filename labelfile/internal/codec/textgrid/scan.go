package textgrid

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// kind is a kind of [token].
type kind int

const (
	end kind = iota
	number
	text
	flag
)

var kindNames = [...]string{end: "the end of the file", number: "a number", text: "a text in quotes", flag: "a flag"}

// token is a part of a TextGrid that counts. Everything else is there for people to read.
type token struct {
	kind kind
	raw  string // in its own spelling; of a text, what is between the quotes
	at   int    // the offset of its beginning
}

// scanner finds the tokens of a text. A token stands free: it comes after white space, or first.
type scanner struct {
	text string
	pos  int
	// cursor finds places.
	cursor *codec.Cursor
}

func newScanner(text string) *scanner { return &scanner{text: text, cursor: codec.NewCursor(text)} }

// next returns the next token.
func (s *scanner) next() (token, error) {
	for {
		s.pos += spaces(s.text[s.pos:])
		if s.pos == len(s.text) {
			return token{kind: end, at: s.pos}, nil
		}
		switch c := s.text[s.pos]; {
		case c == '"':
			return s.quoted()
		case c == '<':
			return s.flag()
		case c == '!':
			s.skipLine()
		default:
			t := token{kind: number, raw: s.word(), at: s.pos}
			s.pos += len(t.raw)
			if t.raw != "+" && (c == '-' || c == '+' || c >= '0' && c <= '9') {
				return t, nil
			}
		}
	}
}

// spaces returns how many bytes of white space a text begins with.
func spaces(s string) int {
	for i := 0; i < len(s); {
		c := s[i]
		if c == ' ' || c >= '\t' && c <= '\r' {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			return i
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsSpace(r) {
			return i
		}
		i += size
	}
	return len(s)
}

// word returns everything up to the next white space.
func (s *scanner) word() string {
	rest := s.text[s.pos:]
	for i := range len(rest) {
		if c := rest[i]; c == ' ' || c >= '\t' && c <= '\r' {
			return rest[:i]
		}
		if rest[i] >= utf8.RuneSelf {
			if j := strings.IndexFunc(rest[i:], unicode.IsSpace); j >= 0 {
				return rest[:i+j]
			}
			return rest
		}
	}
	return rest
}

func (s *scanner) skipLine() {
	if i := strings.IndexByte(s.text[s.pos:], '\n'); i >= 0 {
		s.pos += i
		return
	}
	s.pos = len(s.text)
}

// quoted reads a text in quotes. A quote within the text is doubled.
func (s *scanner) quoted() (token, error) {
	t := token{kind: text, at: s.pos}
	doubled := false
	for i := s.pos + 1; ; {
		j := strings.IndexByte(s.text[i:], '"')
		if j < 0 {
			return token{}, s.cursor.ErrorAt(t.at, "a quote that is never closed: "+codec.Quote(s.text[t.at:]), `a closing "`)
		}
		i += j + 1
		if strings.HasPrefix(s.text[i:], `"`) {
			doubled = true
			i++
			continue
		}
		if i < len(s.text) && spaces(s.text[i:]) == 0 {
			r, _ := utf8.DecodeRuneInString(s.text[i:])
			return token{}, s.cursor.ErrorAt(i, strconv.Quote(string(r))+" right after a quote",
				`white space, or "" for a quote`)
		}
		t.raw, s.pos = s.text[t.at+1:i-1], i
		break
	}
	if doubled {
		t.raw = strings.ReplaceAll(t.raw, `""`, `"`)
	}
	return t, nil
}

func (s *scanner) flag() (token, error) {
	word := s.word()
	i := strings.IndexByte(word, '>')
	if i < 0 {
		return token{}, s.cursor.ErrorAt(s.pos, codec.Quote(word), "a flag, such as <exists>")
	}
	t := token{kind: flag, raw: word[:i+1], at: s.pos}
	s.pos += i + 1
	return t, nil
}

// expect returns the next token, and an error if it is of another kind.
func (s *scanner) expect(k kind, what string) (token, error) {
	t, err := s.next()
	if err == nil && t.kind != k {
		err = s.unexpected(t, kindNames[k]+" for "+what)
	}
	return t, err
}

func (s *scanner) unexpected(t token, expected string) error {
	found := kindNames[t.kind]
	if t.kind != end {
		found += ", " + codec.Quote(t.raw)
	}
	return s.cursor.ErrorAt(t.at, found, expected)
}

// time reads a number.
func (s *scanner) time(what string) (decimal.Number, error) {
	n, _, err := s.timeToken(what)
	return n, err
}

// timeToken reads a number, and returns its token too.
func (s *scanner) timeToken(what string) (decimal.Number, token, error) {
	t, err := s.expect(number, what)
	if err != nil {
		return decimal.Number{}, t, err
	}
	n, err := decimal.Parse(t.raw)
	if err != nil {
		return decimal.Number{}, t, s.badNumber(t, err, what)
	}
	return n, t, nil
}

func (s *scanner) badNumber(t token, err error, what string) *codec.SyntaxError {
	return s.cursor.ErrorAt(t.at, codec.Quote(t.raw)+", "+err.Error(), "a number for "+what)
}

// count reads the number of items of something.
func (s *scanner) count(what string) (int64, error) {
	t, err := s.expect(number, what)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(t.raw, 10, 64)
	if err != nil || n < 0 {
		return 0, s.cursor.ErrorAt(t.at, codec.Quote(t.raw), "a whole number for "+what)
	}
	return n, nil
}
