package labelfile

import (
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/labelfile/internal/codec/charset"
)

// encodingOf finds the encoding that the options name, or returns nil if they name none.
func encodingOf(op, name string) (*charset.Encoding, error) {
	if name == "" {
		return nil, nil
	}
	e, ok := charset.Lookup(name)
	if !ok {
		p := &valid.Problems{}
		p.Add(-1, "encoding", "is %s, no encoding of the WHATWG Encoding Standard and no code page", valid.Brief(name))
		return nil, invalid(op, p)
	}
	return e, nil
}

// detectIn is [Detect] for a file in an encoding, which may be empty.
func detectIn(encoding, name string, head []byte) (Format, error) {
	e, err := encodingOf(detecting, encoding)
	if err != nil {
		return "", err
	}
	if e != nil {
		head = e.Head(unpackedHead(head))
	}
	return Detect(name, head)
}
