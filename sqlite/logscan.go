package sqlite

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"maps"
	"os"
)

// The format of a write-ahead log: https://www.sqlite.org/fileformat2.html#the_write_ahead_log. It has a header, and a
// frame for each page that was written: a header of its own and the page. A frame counts if the checksums up to it are
// right and a frame that ends a transaction follows, or is that frame.
const (
	logHeader   = 32
	frameHeader = 24
)

// pageOne is the beginning of the first page of a database: https://www.sqlite.org/fileformat2.html#the_database_header
type pageOne [100]byte

func (p *pageOne) pageSize() int       { return 1 + int(binary.BigEndian.Uint16(p[16:])-1) } // 1 stands for 65536
func (p *pageOne) counter() uint32     { return binary.BigEndian.Uint32(p[24:]) }
func (p *pageOne) pages() uint32       { return binary.BigEndian.Uint32(p[28:]) }
func (p *pageOne) cookie() uint32      { return binary.BigEndian.Uint32(p[40:]) }
func (p *pageOne) autoVacuum() bool    { return binary.BigEndian.Uint32(p[52:]) != 0 }
func (p *pageOne) version() uint32     { return binary.BigEndian.Uint32(p[60:]) }
func (p *pageOne) application() uint32 { return binary.BigEndian.Uint32(p[68:]) }

// sized reports whether the number of pages is valid.
func (p *pageOne) sized() bool {
	return p.pages() > 0 && bytes.Equal(p[24:28], p[92:96])
}

// logScan is what the transactions of a log say of the database that they were written to.
type logScan struct {
	header   [logHeader]byte
	pageSize int
	commits  int
	has      bool    // the first page is among what was written
	own      bool    // the file's first page is one of those in the log
	first    pageOne // as the first transaction that wrote it did
	last     pageOne
	before   []uint32          // sizes of the database, in pages, until then
	least    uint32            // the smallest size
	size     uint32            // the last size
	pages    map[uint32][]byte // some pages as the first transactions wrote them
	beyond   map[uint32]bool   // pages that are not in the file
}

// samplePages is how many pages a scan keeps.
const samplePages = 32

// scanLog reads the transactions of a log until it is clear that the file, whose first page begins with head, was
// written from it. It returns nil if there are none.
//
// Unlike the file, the log may be opened here: SQLite has no locks on it.
func scanLog(path string, head *pageOne) (*logScan, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // it was only read
	r := bufio.NewReaderSize(f, 1<<18)
	s := &logScan{pages: make(map[uint32][]byte), beyond: make(map[uint32]bool)}
	if _, err := io.ReadFull(r, s.header[:]); err != nil {
		return nil, noLog(err)
	}
	sum, ok := newLogSum(s.header[:])
	s.pageSize = int(binary.BigEndian.Uint32(s.header[8:]))
	if !ok || s.pageSize < 512 || s.pageSize > 1<<16 {
		return nil, nil
	}
	t := transaction{pages: make(map[uint32][]byte)}
	frame := make([]byte, frameHeader+s.pageSize)
	for !s.own {
		if _, err := io.ReadFull(r, frame); err != nil {
			if err = noLog(err); err != nil {
				return nil, err
			}
			break
		}
		if !bytes.Equal(frame[8:16], s.header[16:24]) || !sum.frame(frame) {
			break // the end, or what is left of an earlier log
		}
		t.add(s, frame, head.pages())
		if size := binary.BigEndian.Uint32(frame[4:]); size > 0 {
			s.commit(&t, size, head)
			t.clear()
		}
	}
	if s.commits == 0 {
		return nil, nil
	}
	return s, nil
}

// noLog returns nil if a log merely ended.
func noLog(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil
	}
	return err
}

// transaction is what was written since the last commit.
type transaction struct {
	one    *pageOne
	pages  map[uint32][]byte
	beyond []uint32
}

func (t *transaction) clear() {
	t.one, t.beyond = nil, t.beyond[:0]
	clear(t.pages)
}

func (t *transaction) add(s *logScan, frame []byte, inFile uint32) {
	page, data := binary.BigEndian.Uint32(frame), frame[frameHeader:]
	if page == 1 {
		t.one = (*pageOne)(bytes.Clone(data[:len(pageOne{})]))
	}
	if page > inFile {
		t.beyond = append(t.beyond, page)
	} else if len(s.pages)+len(t.pages) < samplePages && s.pages[page] == nil {
		t.pages[page] = bytes.Clone(data)
	}
}

func (s *logScan) commit(t *transaction, size uint32, head *pageOne) {
	if s.commits++; s.commits == 1 || size < s.least {
		s.least = size
	}
	maps.Copy(s.pages, t.pages)
	for _, page := range t.beyond {
		s.beyond[page] = true
	}
	s.size = size
	if t.one == nil {
		if !s.has && (len(s.before) == 0 || s.before[len(s.before)-1] != size) {
			s.before = append(s.before, size)
		}
		return
	}
	if !s.has {
		s.has, s.first = true, *t.one
	}
	s.last = *t.one
	s.own = *t.one == *head
}

// logSum is the running checksum of a log.
type logSum struct {
	order  binary.ByteOrder
	s0, s1 uint32
}

// newLogSum begins with the header, and reports whether that is one.
func newLogSum(header []byte) (*logSum, bool) {
	s := &logSum{}
	switch binary.BigEndian.Uint32(header) {
	case 0x377f0682:
		s.order = binary.LittleEndian
	case 0x377f0683:
		s.order = binary.BigEndian
	default:
		return nil, false
	}
	s.add(header[:24])
	return s, s.is(header[24:])
}

// frame goes on with a frame, and reports whether its checksum is right.
func (s *logSum) frame(frame []byte) bool {
	s.add(frame[:8])
	s.add(frame[frameHeader:])
	return s.is(frame[16:])
}

func (s *logSum) add(data []byte) {
	s0, s1 := s.s0, s.s1
	if s.order == binary.LittleEndian {
		for ; len(data) >= 8; data = data[8:] {
			s0 += binary.LittleEndian.Uint32(data) + s1
			s1 += binary.LittleEndian.Uint32(data[4:]) + s0
		}
	} else {
		for ; len(data) >= 8; data = data[8:] {
			s0 += binary.BigEndian.Uint32(data) + s1
			s1 += binary.BigEndian.Uint32(data[4:]) + s0
		}
	}
	s.s0, s.s1 = s0, s1
}

func (s *logSum) is(sum []byte) bool {
	return binary.BigEndian.Uint32(sum) == s.s0 && binary.BigEndian.Uint32(sum[4:]) == s.s1
}
