package sqlite

import (
	"errors"

	driversqlite "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// Fault groups the database's error codes by what a caller can do about them.
type Fault int

// Faults, by what a caller can do.
const (
	FaultNone       Fault = iota // not an error of the database
	FaultOther                   // any code not named here
	FaultBusy                    // another connection holds the lock
	FaultReadOnly                // the file, its folder or the connection cannot be written to
	FaultCorrupt                 // the file is damaged
	FaultConstraint              // a constraint or a trigger refused the change
	FaultFull                    // the disk is full, or a file may not grow
	FaultTooBig                  // a value is larger than a row can hold
)

// FaultOf classifies a database error by its code.
func FaultOf(err error) Fault {
	code, ok := Code(err)
	if !ok {
		return FaultNone
	}
	switch code {
	case lib.SQLITE_IOERR_WRITE, lib.SQLITE_IOERR_SHMSIZE:
		return FaultFull
	}
	switch code & 0xff {
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return FaultBusy
	case lib.SQLITE_READONLY, lib.SQLITE_PERM:
		return FaultReadOnly
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return FaultCorrupt
	case lib.SQLITE_CONSTRAINT:
		return FaultConstraint
	case lib.SQLITE_FULL:
		return FaultFull
	case lib.SQLITE_TOOBIG:
		return FaultTooBig
	}
	return FaultOther
}

// Code returns the extended result code of the database error that err wraps.
func Code(err error) (int, bool) {
	if e, ok := errors.AsType[*driversqlite.Error](err); ok {
		return e.Code(), true
	}
	return 0, false
}

func isBusy(err error) bool { return FaultOf(err) == FaultBusy }
