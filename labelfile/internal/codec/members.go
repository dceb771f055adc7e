package codec

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// EachMember calls a function for each member of a valid JSON object. The name is in quotes; the value is in its own
// spelling.
func EachMember(valid []byte, member func(name, value []byte) error) error {
	i := SkipBlank(valid, 0) + 1 // behind the brace
	for {
		if i = SkipBlank(valid, i); valid[i] == '}' {
			return nil
		}
		if valid[i] == ',' {
			i = SkipBlank(valid, i+1)
		}
		nameEnd := SkipValue(valid, i)
		valueAt := SkipBlank(valid, SkipBlank(valid, nameEnd)+1) // behind the colon
		valueEnd := SkipValue(valid, valueAt)
		if err := member(valid[i:nameEnd], valid[valueAt:valueEnd]); err != nil {
			return err
		}
		i = valueEnd
	}
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

// Unquote returns the text of a valid JSON string, and false for any other value.
func Unquote(value []byte) (string, bool) {
	if len(value) < 2 || value[0] != '"' {
		return "", false
	}
	if bytes.IndexByte(value, '\\') >= 0 || !utf8.Valid(value) {
		var s string
		err := json.Unmarshal(value, &s)
		return s, err == nil
	}
	return string(value[1 : len(value)-1]), true
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
