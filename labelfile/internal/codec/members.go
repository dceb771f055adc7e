package codec

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// EachMember calls a function for each member of a valid JSON object. The name is in quotes, without needless escapes;
// the value is in its own spelling. Names may come again: see [EachUnique].
func EachMember(valid []byte, member func(name, value []byte) error) error {
	escapes := bytes.IndexByte(valid, '\\') >= 0
	for i := SkipBlank(valid, 0) + 1; ; {
		m, next := nextMember(valid, i, escapes)
		if m.name == nil {
			return nil
		}
		if err := member(m.name, m.value); err != nil {
			return err
		}
		i = next
	}
}

// pair is a member of an object.
type pair struct{ name, value []byte }

// nextMember returns the member of a valid object at or behind i, and where the rest begins. At the end of the object
// the name is nil. escapes says that names may have escapes.
func nextMember(valid []byte, i int, escapes bool) (m pair, next int) {
	if i = SkipBlank(valid, i); valid[i] == '}' {
		return m, i
	}
	if valid[i] == ',' {
		i = SkipBlank(valid, i+1)
	}
	nameEnd := SkipValue(valid, i)
	valueAt := SkipBlank(valid, SkipBlank(valid, nameEnd)+1) // behind the colon
	next = SkipValue(valid, valueAt)
	m = pair{valid[i:nameEnd], valid[valueAt:next]}
	if escapes {
		m.name = plainName(m.name)
	}
	return m, next
}

// plainName returns a name in quotes without needless escapes.
func plainName(name []byte) []byte {
	if bytes.IndexByte(name, '\\') >= 0 {
		if text, ok := Unquote(name); ok {
			return JSONText(text)
		}
	}
	return name
}

// EachUnique is [EachMember] for the last member of each name, which all programs take for its value. repeated is
// called before, for the members of these names that have another value.
func EachUnique(valid []byte, repeated func(name, value []byte), member func(name, value []byte) error) error {
	var array [few]pair
	all := array[:0]
	escapes := bytes.IndexByte(valid, '\\') >= 0
	for i := SkipBlank(valid, 0) + 1; ; {
		m, next := nextMember(valid, i, escapes)
		if m.name == nil {
			break
		}
		all = append(all, m)
		i = next
	}
	if namedTwice(all) {
		last := make(map[string][]byte, len(all))
		for _, m := range all {
			last[string(m.name)] = m.value
		}
		for i, m := range all {
			final := last[string(m.name)]
			if &final[0] == &m.value[0] {
				continue
			}
			if !bytes.Equal(final, m.value) {
				repeated(m.name, m.value)
			}
			all[i].name = nil
		}
	}
	for i := range all {
		if all[i].name == nil {
			continue
		}
		if err := member(all[i].name, all[i].value); err != nil {
			return err
		}
	}
	return nil
}

// namedTwice reports whether some members may have the same name. Of a few members it knows for sure, and soon: names
// are compared only if their marks are the same.
func namedTwice(members []pair) bool {
	if len(members) > few {
		return true
	}
	seen := uint64(0)
	for i := range members {
		name := members[i].name // in quotes
		mark := uint64(1) << ((uint(len(name)) + 3*uint(name[1]) + 7*uint(name[len(name)/2])) % 64)
		if seen&mark != 0 {
			for j := range i {
				if bytes.Equal(members[j].name, name) {
					return true
				}
			}
		}
		seen |= mark
	}
	return false
}

// SkipBlank returns the end of the white space that may begin at i.
func SkipBlank(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r' || s[i] == '\n') {
		i++
	}
	return i
}

// SkipValue returns the end of the valid value that begins at i.
func SkipValue(s []byte, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '"':
			for i++; s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
			if depth < 0 {
				return i // the end of the object or array that a number is in
			}
		case ',', ' ', '\t', '\r', '\n', ':':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}

// Unquote returns the text of a valid JSON string. It returns false for any other value, and for a string with half of
// a pair of characters, which no text can hold.
func Unquote(value []byte) (string, bool) {
	if len(value) < 2 || value[0] != '"' {
		return "", false
	}
	if bytes.IndexByte(value, '\\') >= 0 || !utf8.Valid(value) {
		var s string
		err := json.Unmarshal(value, &s)
		return s, err == nil && !(strings.Contains(s, "\ufffd") && hasHalf(value))
	}
	return string(value[1 : len(value)-1]), true
}

// hasHalf reports whether a valid JSON value has half of a pair of characters: an escape from \uD800 to \uDFFF of which
// the other half is missing. encoding/json would put U+FFFD in its place.
func hasHalf(value []byte) bool {
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' {
			continue
		}
		i++
		if value[i] != 'u' {
			continue
		}
		c := escaped(value[i+1:])
		if i += 4; !utf16.IsSurrogate(c) {
			continue
		}
		if rest := value[i+1:]; len(rest) < 6 || rest[0] != '\\' || rest[1] != 'u' ||
			utf16.DecodeRune(c, escaped(rest[2:])) == utf8.RuneError {
			return true
		}
		i += 6
	}
	return false
}

// escaped returns the number that follows "\u".
func escaped(digits []byte) rune {
	n, _ := strconv.ParseUint(string(digits[:4]), 16, 16) // the value is valid
	return rune(n)
}

// QuoteJSON quotes a valid value for an error message, and says if it has half of a pair of characters.
func QuoteJSON(value []byte) string {
	if hasHalf(value) {
		return "half of a pair of characters in " + Quote(string(value))
	}
	return Quote(string(value))
}

// SaysAnything reports whether a valid JSON value is more than empty texts, objects, lists, null and false.
func SaysAnything(value []byte) bool {
	for i := 0; i < len(value); {
		switch value[i] {
		case '{', '}', '[', ']', ',', ':', ' ', '\t', '\r', '\n':
			i++
			continue
		}
		from := i
		i = SkipValue(value, i)
		switch word := value[from:i]; {
		case word[0] != '"':
			if s := string(word); s != "null" && s != "false" {
				return true
			}
		case len(word) > 2:
			if next := SkipBlank(value, i); next == len(value) || value[next] != ':' {
				return true // not the name of a member
			}
		}
	}
	return false
}

// EachValue calls a function for each element of a valid JSON array, as slices of the array's own bytes.
func EachValue(valid []byte, element func(value []byte) error) error {
	i := SkipBlank(valid, 0) + 1 // behind the bracket
	for {
		if i = SkipBlank(valid, i); valid[i] == ']' {
			return nil
		}
		if valid[i] == ',' {
			i = SkipBlank(valid, i+1)
		}
		end := SkipValue(valid, i)
		if err := element(valid[i:end]); err != nil {
			return err
		}
		i = end
	}
}
