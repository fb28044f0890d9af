package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
)

// Limits of the files that are read whole, in MiB.
const (
	configLimit = 1
	filterLimit = 1
)

// readFile reads a whole file of at most limit MiB. A larger file is an error
// that names the limit, without reading on.
func readFile(name string, limit int) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, int64(limit)<<20+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > limit<<20:
		return nil, fmt.Errorf("%s is larger than %d MiB", name, limit)
	}
	return text, nil
}

// readFileUntil is readFile for a file that may be a FIFO or a device: when ctx
// ends first, it abandons the read and returns the cause.
func readFileUntil(ctx context.Context, name string, limit int) ([]byte, error) {
	var text []byte
	read := make(chan error, 1)
	go func() {
		got, err := readFile(name, limit)
		text = got
		read <- err
	}()
	select {
	case err := <-read:
		return text, err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
