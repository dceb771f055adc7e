package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"
)

// The driver crosses into SQLite, and locks a mutex there, twice for each value of a row that it reads. A SQL function
// gets all the values of a row in one crossing and without a lock. So the reads that have many rows run
//
//	SELECT 1 FROM … WHERE … AND take(?1, id, …)
//
// where the function puts each row into a batch, and is true once that is full. The statement then yields one row,
// which only means that the batch can be read.

// A batch holds at most batchRows rows, the first one firstRows, for callers that stop early. It is also full once its
// texts have batchBytes: extra data may be long.
const (
	batchRows  = 256
	firstRows  = 16
	batchBytes = 1 << 20
)

// batch is a run of rows between SQLite and their reader.
type batch[T any] struct {
	rows  [batchRows]T
	scan  func(*T, []driver.Value) // fills a row from its values; texts and blobs are valid during the call only
	limit int                      // the number of rows at which it is full
	n     int                      // rows that are filled
	bytes int                      // of their texts
	at    int                      // rows that were read
}

// take adds a row, and reports whether the batch is full.
func (b *batch[T]) take(values []driver.Value) (full bool, err error) {
	if b.full() {
		return false, errNoBatch
	}
	b.scan(&b.rows[b.n], values)
	b.n++
	for _, v := range values {
		if text, ok := v.(string); ok {
			b.bytes += len(text)
		}
	}
	return b.full(), nil
}

func (b *batch[T]) full() bool { return b.n == b.limit || b.bytes >= batchBytes }

// begin empties a batch, to be filled with at most limit rows.
func (b *batch[T]) begin(limit int) { b.limit, b.n, b.bytes, b.at = limit, 0, 0, 0 }

// batches has the batches that statements are filling, by the number that a statement passes to take.
var batches = struct {
	sync.RWMutex
	filling map[int64]func([]driver.Value) (bool, error)
	last    int64
}{filling: make(map[int64]func([]driver.Value) (bool, error))}

var errNoBatch = errors.New("sqlite: take is for this package's own statements")

// take is the SQL function of that name.
func take(args []driver.Value) (driver.Value, error) {
	number, _ := args[0].(int64)
	batches.RLock()
	fill := batches.filling[number]
	batches.RUnlock()
	if fill == nil {
		return nil, errNoBatch
	}
	full, err := fill(args[1:])
	if full {
		return int64(1), err
	}
	return int64(0), err
}

// batchPool keeps batches of one kind of row for the next cursor.
type batchPool[T any] struct{ idle sync.Pool }

func newBatchPool[T any](scan func(*T, []driver.Value)) *batchPool[T] {
	p := &batchPool[T]{}
	p.idle.New = func() any { return &batch[T]{scan: scan} }
	return p
}

// batchCursor steps through the rows of a statement that calls take.
type batchCursor[T any] struct {
	pool   *batchPool[T]
	b      *batch[T]
	cu     *cursor
	number int64
	done   bool
}

// open runs a query whose first parameter is the number of a batch.
func (p *batchPool[T]) open(ctx context.Context, c *conn, query string, args ...driver.Value) (*batchCursor[T], error) {
	b := p.idle.Get().(*batch[T])
	b.begin(firstRows)
	batches.Lock()
	batches.last++
	number := batches.last
	batches.filling[number] = b.take
	batches.Unlock()
	bc := &batchCursor[T]{pool: p, b: b, number: number}
	cu, err := c.open(ctx, query, append([]driver.Value{number}, args...)...)
	if err != nil {
		return nil, errors.Join(err, bc.close())
	}
	bc.cu = cu
	return bc, nil
}

// next returns the next row, which is valid until the following call, or nil at the end.
func (bc *batchCursor[T]) next() (*T, error) {
	b := bc.b
	for b.at == b.n {
		if bc.done {
			return nil, nil
		}
		if b.at > 0 { // the driver fills the first batch by itself when it opens the query
			b.begin(batchRows)
		}
		full, err := bc.cu.next()
		if err != nil {
			return nil, err
		}
		bc.done = !full
	}
	b.at++
	return &b.rows[b.at-1], nil
}

func (bc *batchCursor[T]) close() (err error) {
	if bc.b == nil {
		return nil
	}
	if bc.cu != nil {
		err = bc.cu.close()
	}
	batches.Lock()
	delete(batches.filling, bc.number)
	batches.Unlock()
	bc.pool.idle.Put(bc.b)
	bc.b = nil
	return err
}
