package annoset

import "github.com/annoset/annoset/internal/reader"

// Until formats have left.
var errStop = reader.Stop

func (p *problems) annotation(index int, a *Annotation) (fileOK, typeOK bool) {
	l := labelOf(a)
	return p.Label(index, &l)
}
