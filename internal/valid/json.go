package valid

import "bytes"

// MaxDepth is how deep extra data may nest: SQLite's own JSON functions read no deeper.
const MaxDepth = 1000

// NoJSON reports whether data is absent: empty, or JSON null.
func NoJSON(data []byte) bool {
	return len(data) == 0 || string(bytes.Trim(data, " \t\r\n")) == "null"
}

// Depth returns how deep a valid JSON value nests.
func Depth(value []byte) int {
	deep, deepest := 0, 0
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '"':
			for i++; value[i] != '"'; i++ {
				if value[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			deep++
			deepest = max(deepest, deep)
		case '}', ']':
			deep--
		}
	}
	return deepest
}
