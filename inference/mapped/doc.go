// Package mapped opens weight files as read-only bytes: by memory mapping where the system has it (unix), by reading the
// whole file elsewhere.
//
// [Open] returns a [File]; its Data is the file's bytes until Close. A mapping costs no memory of its own: pages come from
// the page cache when they are touched. The price is that a file that is changed in place shows through the mapping, and that
// one that shrinks makes the process fault at the missing page. [Guard] turns both into a [FileError].
//
// The package knows nothing of what is in the files.
//
//	f, err := mapped.Open("model.gguf")
//	if err != nil { ... }
//	defer f.Close()
//	var magic [4]byte
//	err = mapped.Guard(func() error { copy(magic[:], f.Data()); return nil }, f)
package mapped
