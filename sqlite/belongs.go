package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/jmoiron/sqlx"
)

// SQLite takes any sound log beside a file for the log of that file. A file that was put beside the log of another
// state of it, or of another store, would be read through that log, and overwritten by it.
//
// Neither knows the other by name. What is known: a log begins when all of the log before it is in the file, and from
// then on the file changes by checkpoints alone. So the first page of the file is either one that the log has, and the
// log belongs, or the one that the log began with. In that case the first page in the log is its successor, which
// bounds its numbers. If those fit, what the store counts must not be less through the log than in the file alone, and
// file and log together must be a sound database.

// checkLog returns an error if the log beside the file cannot be its own. If in doubt it returns nil. It changes
// nothing.
func checkLog(ctx context.Context, cfg Config) error {
	for range 3 { // others may write to the log meanwhile, or start it over
		alone, err := newPool(immutableDSN(cfg), 1, cfg.Wrap)
		if err != nil {
			return err
		}
		reason, again, err := doubtLog(ctx, cfg, alone)
		if err == nil && !again && reason != "" && soundness(ctx, alone) == safe {
			err = fmt.Errorf("%w: the log %s-wal does not belong to the file: %s; put a backup in place with "+
				"annoset.Restore, or move the log away if the file is right without it", ErrDamaged, cfg.Path, reason)
		}
		err = errors.Join(err, alone.Close())
		if err != nil || !again {
			return err
		}
	}
	return nil
}

// doubtLog returns the reason why a log is not that of the file, which alone reads without it. again reports that the
// log was started over meanwhile.
func doubtLog(ctx context.Context, cfg Config, alone *sqlx.DB) (reason string, again bool, err error) {
	path := cfg.Path + "-wal"
	before, err := readLogHeader(path)
	if err != nil || before == nil {
		return "", false, nil //nolint:nilerr // SQLite will say why it cannot be read
	}
	var head pageOne
	data := pageOf(ctx, alone, 1)
	if len(data) < len(head) {
		return "", false, ctx.Err() // there is no way to tell
	}
	copy(head[:], data)
	s, err := scanLog(path, &head)
	if err != nil || s == nil {
		return "", false, nil //nolint:nilerr // likewise
	}
	if s.header != *before {
		return "", true, nil
	}
	if !s.own {
		reason = s.foreign(&head)
	}
	if reason == "" {
		reason = doubtContents(ctx, cfg, alone, s, &head)
	}
	after, err := readLogHeader(path)
	return reason, err == nil && (after == nil || *after != *before), err
}

// foreign returns what the pages in a log say against a file whose first page begins with head and is not among them.
func (s *logScan) foreign(head *pageOne) string {
	if s.pageSize != head.pageSize() {
		return fmt.Sprintf("its pages have %d bytes, those of the file %d", s.pageSize, head.pageSize())
	}
	vacuumed := head.autoVacuum()
	if s.has {
		switch {
		case head.application() == applicationID && s.first.application() != applicationID:
			return "it is of another program"
		case s.last.version() < head.version():
			return fmt.Sprintf("it has schema %d, the file %d", s.last.version(), head.version())
		case s.first.counter() != head.counter() && s.first.counter() != head.counter()+1:
			return "the file is of another time"
		case int32(s.first.cookie()-head.cookie()) < 0: //nolint:gosec // a difference that may wrap around
			return "the schema of the file is newer"
		}
		vacuumed = vacuumed || s.last.cookie() != head.cookie()
	}
	if !head.sized() {
		return ""
	}
	for _, size := range s.before {
		if size != head.pages() {
			return fmt.Sprintf("the file has %d pages, and the log began with %d", head.pages(), size)
		}
	}
	if s.least < head.pages() && !vacuumed {
		return fmt.Sprintf("the file has %d pages, the log %d", head.pages(), s.least)
	}
	return ""
}

// doubtContents compares the file alone with the file as the log has it.
func doubtContents(ctx context.Context, cfg Config, alone *sqlx.DB, s *logScan, head *pageOne) string {
	both, err := newPool(readerDSN(cfg), 1, cfg.Wrap)
	if err != nil {
		return ""
	}
	defer both.Close() // it was only read through
	for _, query := range counts {
		var was, is []count
		if alone.SelectContext(ctx, &was, query) != nil {
			continue // of an older schema, or not readable without the log
		}
		switch err := both.SelectContext(ctx, &is, query); {
		case FaultOf(err) == FaultCorrupt:
			return damagedTogether
		case err != nil:
			return ""
		}
		for _, old := range was {
			if i := slices.IndexFunc(is, func(c count) bool { return c.Of == old.Of }); i >= 0 && is[i].N < old.N {
				return "the file is newer"
			}
		}
	}
	if !s.own && !s.resembles(ctx, alone, head) && soundness(ctx, both) == unsound {
		return damagedTogether
	}
	return ""
}

const damagedTogether = "together they are damaged"

// count is a number of something that never becomes smaller.
type count struct {
	Of string `db:"of"`
	N  int64  `db:"n"`
}

// counts are the queries of such numbers.
var counts = []string{
	`
	SELECT 'labels' AS of, last_label_id AS n
	FROM sequence`,
	`
	SELECT 'published' AS of, count(*) AS n
	FROM annotation_set
	WHERE status = 'published'`,
	`
	SELECT s.uuid || s.created_ms AS of, l.revision AS n
	FROM annotation_set s
	JOIN layer l ON l.id = s.layer_id
	ORDER BY s.id DESC
	LIMIT 100`,
}

// resembles reports whether most pages in a log are like those of the file. If so, the log changed little of each page,
// and there is no need for reading the whole file.
func (s *logScan) resembles(ctx context.Context, alone *sqlx.DB, head *pageOne) bool {
	if s.size > head.pages() && int(s.size-head.pages()) > len(s.beyond) {
		return false // a page is in neither
	}
	like, unlike := 0, 0
	for page, data := range s.pages {
		was := pageOf(ctx, alone, page)
		if len(was) != len(data) {
			return false
		}
		equal := 0
		for i := range data {
			if data[i] == was[i] {
				equal++
			}
		}
		if 4*equal >= 3*len(data) {
			like++
		} else {
			unlike++
		}
	}
	return like > unlike
}

// verdict is what SQLite's quick check says of a database.
type verdict int

const (
	unknown verdict = iota // it could not be read
	safe
	unsound
)

func soundness(ctx context.Context, db *sqlx.DB) verdict {
	var text string
	err := db.GetContext(ctx, &text, "PRAGMA quick_check(1)")
	switch {
	case err == nil && text == "ok":
		return safe
	case err == nil || FaultOf(err) == FaultCorrupt:
		return unsound
	}
	return unknown
}

// pageOf reads a page; nil: it cannot be read.
func pageOf(ctx context.Context, db *sqlx.DB, page uint32) []byte {
	var data []byte
	if err := db.GetContext(ctx, &data, "SELECT data FROM sqlite_dbpage WHERE pgno = ?", page); err != nil {
		return nil
	}
	return data
}

// readLogHeader reads the beginning of a log; nil: there is no log, or an empty one.
func readLogHeader(path string) (*[logHeader]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() // it was only read
	var header [logHeader]byte
	if _, err := io.ReadFull(f, header[:]); err != nil {
		return nil, noLog(err)
	}
	return &header, nil
}
