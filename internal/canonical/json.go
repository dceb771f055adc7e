package canonical

import (
	"bytes"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON returns a valid JSON text in canonical form, so that texts can be compared.
func JSON(text []byte) []byte {
	out, _ := appendJSON(nil, text)
	return out
}

// appendJSON appends a valid JSON text in canonical form: no white space, strings as in a line, and the members of
// objects sorted by key (bytes; equal keys in their order). Numbers stay as they were written: no other form keeps all
// of them. It returns what follows the value.
func appendJSON(dst, src []byte) (out, rest []byte) {
	src = bytes.TrimLeft(src, " \t\r\n")
	switch src[0] {
	case '{':
		return appendObject(dst, src[1:])
	case '[':
		return appendArray(dst, src[1:])
	case '"':
		return appendJSONString(dst, src)
	}
	n := bytes.IndexAny(src, ",]} \t\r\n")
	if n < 0 {
		n = len(src)
	}
	return append(dst, src[:n]...), src[n:]
}

// skip skips white space and one punctuation mark, which it returns.
func skip(src []byte) (mark byte, rest []byte) {
	src = bytes.TrimLeft(src, " \t\r\n")
	return src[0], src[1:]
}

func appendObject(dst, src []byte) (out, rest []byte) {
	type member struct{ key, value []byte }
	var members []member
	if mark, rest := skip(src); mark == '}' {
		return append(dst, "{}"...), rest
	}
	for mark := byte(','); mark == ','; {
		var m member
		m.key, src = appendJSONString(nil, bytes.TrimLeft(src, " \t\r\n"))
		_, src = skip(src) // the colon
		m.value, src = appendJSON(nil, src)
		members = append(members, m)
		mark, src = skip(src)
	}
	slices.SortStableFunc(members, func(a, b member) int { return bytes.Compare(a.key, b.key) })
	for i, m := range members {
		dst = append(dst, "{,"[min(i, 1)])
		dst = append(append(append(dst, m.key...), ':'), m.value...)
	}
	return append(dst, '}'), src
}

func appendArray(dst, src []byte) (out, rest []byte) {
	dst = append(dst, '[')
	if mark, rest := skip(src); mark == ']' {
		return append(dst, ']'), rest
	}
	for {
		var mark byte
		dst, src = appendJSON(dst, src)
		if mark, src = skip(src); mark == ']' {
			return append(dst, ']'), src
		}
		dst = append(dst, mark)
	}
}

// appendJSONString rewrites a quoted string. Half a surrogate pair stays an escape: it has no UTF-8.
func appendJSONString(dst, src []byte) (out, rest []byte) {
	dst = append(dst, '"')
	for i := 1; ; {
		switch c := src[i]; {
		case c == '"':
			return append(dst, '"'), src[i+1:]
		case c != '\\':
			dst = append(dst, c)
			i++
		case src[i+1] != 'u':
			dst = appendByte(dst, unescaped[src[i+1]])
			i += 2
		default:
			r, n := escapedRune(src[i:])
			switch {
			case utf16.IsSurrogate(r):
				dst = append(append(dst, `\u`...), bytes.ToLower(src[i+2:i+6])...)
			case r < utf8.RuneSelf:
				dst = appendByte(dst, byte(r))
			default:
				dst = utf8.AppendRune(dst, r)
			}
			i += n
		}
	}
}

var unescaped = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escapedRune reads \uXXXX, or a pair of them that stands for one rune, and returns its length in bytes.
func escapedRune(src []byte) (rune, int) {
	hex := func(b []byte) rune {
		n, _ := strconv.ParseUint(string(b), 16, 16) // valid JSON has four digits here
		return rune(n)
	}
	first := hex(src[2:6])
	if utf16.IsSurrogate(first) && len(src) >= 12 && src[6] == '\\' && src[7] == 'u' {
		if both := utf16.DecodeRune(first, hex(src[8:12])); both != utf8.RuneError {
			return both, 12
		}
	}
	return first, 6
}
