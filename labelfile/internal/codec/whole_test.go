package codec

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/matryer/is"
)

func TestWhole(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	data, err := whole(strings.NewReader("labels"), 6)
	is.NoErr(err)
	is.Equal(string(data), "labels")
	_, err = whole(strings.NewReader("labels"), 5)
	_, ok := errors.AsType[*SyntaxError](err)
	is.True(ok) // it is larger than the limit
	broken := errors.New("broken")
	_, err = Whole(iotest.ErrReader(broken))
	is.True(errors.Is(err, broken))
}

func TestCursor(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	text := "aé\r\n\n語b"
	c := NewCursor(text)
	for _, tt := range []struct {
		before string
		want   Place
	}{
		{"", Place{1, 1}}, {"aé", Place{1, 3}}, {"aé\r\n", Place{2, 1}}, {"aé\r\n\n", Place{3, 1}}, {"aé\r\n\n語", Place{3, 2}},
		{text, Place{3, 3}}, {"a", Place{1, 2}}, {"a", Place{1, 2}}, // and back again
	} {
		is.Equal(c.Place(len(tt.before)), tt.want)
	}
}
