package valid

import "bytes"

// MaxDepth is the greatest depth to which extra data may nest. SQLite's JSON functions read no deeper.
const MaxDepth = 1000

// NoJSON reports whether data is absent: empty, or JSON null.
func NoJSON(data []byte) bool {
	return len(data) == 0 || string(bytes.Trim(data, " \t\r\n")) == "null"
}

// Depth returns how deep a JSON value nests: 0 for a number, 1 for a flat object. The value must be valid JSON.
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
