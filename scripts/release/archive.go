package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"path"
	"slices"
	"strings"
	"time"
)

// file is a file of an archive or of the release.
type file struct {
	name    string // with slashes
	content []byte
	program bool // may be executed
}

// mode returns the permissions of the file.
func (f file) mode() int64 {
	if f.program {
		return 0o755
	}
	return 0o644
}

func byName(a, b file) int { return strings.Compare(a.name, b.name) }

// under returns the files as they are named in a folder.
func under(folder string, files []file) []file {
	moved := slices.Clone(files)
	for i := range moved {
		moved[i].name = path.Join(folder, moved[i].name)
	}
	return moved
}

// tarball packs files into a tar archive and compresses it, the same way
// whatever their order is. Files in folders come after their folders.
func tarball(files []file, date time.Time) ([]byte, error) {
	var packed bytes.Buffer
	w := tar.NewWriter(&packed)
	seen := map[string]bool{}
	for _, f := range slices.SortedFunc(slices.Values(files), byName) {
		for i, c := range f.name {
			if folder := f.name[:i+1]; c == '/' && !seen[folder] && folder != "./" {
				seen[folder] = true
				header := tar.Header{Typeflag: tar.TypeDir, Name: folder, Mode: 0o755, ModTime: date, Uname: "root", Gname: "root", Format: tar.FormatUSTAR}
				if err := w.WriteHeader(&header); err != nil {
					return nil, err
				}
			}
		}
		header := tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: f.mode(), Size: int64(len(f.content)), ModTime: date, Uname: "root", Gname: "root", Format: tar.FormatUSTAR}
		if err := w.WriteHeader(&header); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return compressed(packed.Bytes())
}

// compressed is what gzip --best --no-name makes of a text.
func compressed(text []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}

// zipped packs files into a zip archive, the same way whatever their order is.
func zipped(files []file, date time.Time) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range slices.SortedFunc(slices.Values(files), byName) {
		header := zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: date.UTC()}
		header.SetMode(0o644)
		if f.program {
			header.SetMode(0o755)
		}
		to, err := w.CreateHeader(&header)
		if err != nil {
			return nil, err
		}
		if _, err := io.Copy(to, bytes.NewReader(f.content)); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return out.Bytes(), err
}
