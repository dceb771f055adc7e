package main

import (
	"bytes"
	"encoding/binary"
)

// The format of a write-ahead log: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
const (
	walHeader   = 32
	frameHeader = 24
)

// frame is one page in a log.
type frame struct {
	page uint32
	size uint32 // of the database in pages, if a transaction ends here; else 0
	data []byte
	end  int // offset in the log
}

// frames returns the valid frames of a log: those before the first one whose checksum is wrong.
func frames(wal []byte) []frame {
	if len(wal) < walHeader {
		return nil
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch binary.BigEndian.Uint32(wal) {
	case 0x377f0682:
	case 0x377f0683:
		order = binary.BigEndian
	default:
		return nil
	}
	sum := checksum{order: order}
	sum.add(wal[:24])
	if !sum.matches(wal[24:]) {
		return nil
	}
	pageSize := int(binary.BigEndian.Uint32(wal[8:]))
	var all []frame
	for at := walHeader; at+frameHeader+pageSize <= len(wal); at += frameHeader + pageSize {
		head, data := wal[at:at+frameHeader], wal[at+frameHeader:at+frameHeader+pageSize]
		sum.add(head[:8])
		sum.add(data)
		if !bytes.Equal(head[8:16], wal[16:24]) || !sum.matches(head[16:]) {
			break
		}
		all = append(all, frame{
			page: binary.BigEndian.Uint32(head), size: binary.BigEndian.Uint32(head[4:]), data: data,
			end: at + frameHeader + pageSize,
		})
	}
	return all
}

// checksum is the running checksum of a log.
type checksum struct {
	order  binary.ByteOrder
	s0, s1 uint32
}

func (c *checksum) add(data []byte) {
	for ; len(data) >= 8; data = data[8:] {
		c.s0 += c.order.Uint32(data) + c.s1
		c.s1 += c.order.Uint32(data[4:]) + c.s0
	}
}

func (c *checksum) matches(data []byte) bool {
	return binary.BigEndian.Uint32(data) == c.s0 && binary.BigEndian.Uint32(data[4:]) == c.s1
}

// replayed returns the database with the complete transactions of a log applied.
func replayed(db, wal []byte) []byte {
	all := frames(wal)
	for len(all) > 0 && all[len(all)-1].size == 0 {
		all = all[:len(all)-1]
	}
	if len(all) == 0 {
		return db
	}
	size := len(all[0].data)
	out := make([]byte, size*int(all[len(all)-1].size))
	copy(out, db)
	for _, f := range all {
		if at := size * int(f.page-1); at < len(out) {
			copy(out[at:], f.data)
		}
	}
	return out
}
