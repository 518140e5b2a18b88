package main

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// wav is a valid WAV file of any size below 4 GiB that is generated while it is read.
type wav struct {
	header []byte
	noise  []byte
	size   int64
	offset int64
}

// noise has a period that differs from every part size, so that swapped parts change a digest.
var noise = func() []byte {
	bytes := make([]byte, 1_000_004)
	if _, err := rand.Read(bytes); err != nil {
		panic(err)
	}
	return bytes
}()

// wavHeader describes 16-bit stereo at 44.1 kHz.
func wavHeader(size int64) []byte {
	header := make([]byte, 44)
	copy(header[0:], "RIFF")
	binary.LittleEndian.PutUint32(header[4:], uint32(size-8))
	copy(header[8:], "WAVEfmt ")
	binary.LittleEndian.PutUint32(header[16:], 16)
	binary.LittleEndian.PutUint16(header[20:], 1)
	binary.LittleEndian.PutUint16(header[22:], 2)
	binary.LittleEndian.PutUint32(header[24:], 44100)
	binary.LittleEndian.PutUint32(header[28:], 176400)
	binary.LittleEndian.PutUint16(header[32:], 4)
	binary.LittleEndian.PutUint16(header[34:], 16)
	copy(header[36:], "data")
	binary.LittleEndian.PutUint32(header[40:], uint32(size-44))
	return header
}

func (w *wav) Read(into []byte) (int, error) {
	if w.offset >= w.size {
		return 0, io.EOF
	}
	piece := w.header
	at := w.offset
	if at >= int64(len(w.header)) {
		piece = w.noise
		at = (at - int64(len(w.header))) % int64(len(w.noise))
	}
	piece = piece[at:]
	if left := w.size - w.offset; int64(len(piece)) > left {
		piece = piece[:left]
	}
	n := copy(into, piece)
	w.offset += int64(n)
	return n, nil
}

func (w *wav) Seek(offset int64, whence int) (int64, error) {
	base := map[int]int64{io.SeekStart: 0, io.SeekCurrent: w.offset, io.SeekEnd: w.size}[whence]
	if base+offset < 0 {
		return 0, errors.New("seek before the start")
	}
	w.offset = base + offset
	return w.offset, nil
}

// serveSource answers GET /<bytes>.wav over TLS, with ranges.
func serveSource(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: peers source <certificate> <key>")
	}
	return serveTls(args[0], args[1], func(response http.ResponseWriter, request *http.Request) {
		var size int64
		if _, err := fmt.Sscanf(request.URL.Path, "/%d.wav", &size); err != nil || size <= 44 || size >= 1<<32 {
			http.Error(response, "the path is /<bytes>.wav", http.StatusNotFound)
			return
		}
		response.Header().Set("Content-Type", "audio/wav")
		response.Header().Set("ETag", strconv.Quote(strconv.FormatInt(size, 10)))
		file := &wav{header: wavHeader(size), noise: noise, size: size}
		http.ServeContent(response, request, "", time.Time{}, file)
	})
}
