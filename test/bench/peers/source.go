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

// distant writes as a server at the other end of the world does: every answer comes late, and no connection is fast.
type distant struct {
	http.ResponseWriter
	bytesASecond float64
	next         time.Time
}

const (
	// pieceBytes are written at once.
	pieceBytes = 64 * 1024
	inexact    = 20 * time.Millisecond
)

func (d *distant) Write(bytes []byte) (int, error) {
	written := 0
	for written < len(bytes) {
		time.Sleep(time.Until(d.next))
		n, err := d.ResponseWriter.Write(bytes[written:min(written+pieceBytes, len(bytes))])
		written += n
		// What a slow reader did not take is not made up for, except for the inexact sleep.
		if earliest := time.Now().Add(-inexact); d.next.Before(earliest) {
			d.next = earliest
		}
		d.next = d.next.Add(time.Duration(float64(n) / d.bytesASecond * float64(time.Second)))
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// serveSource answers GET /<bytes>.wav over TLS, with ranges.
func serveSource(args []string) error {
	if len(args) != 2 && len(args) != 4 {
		return errors.New("usage: peers source <certificate> <key> [<milliseconds of latency> <bytes a second of each connection>]")
	}
	var latency time.Duration
	var bytesASecond float64
	if len(args) == 4 {
		milliseconds, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		latency = time.Duration(milliseconds) * time.Millisecond
		if bytesASecond, err = strconv.ParseFloat(args[3], 64); err != nil {
			return err
		}
	}
	return serveTls(args[0], args[1], latency, func(response http.ResponseWriter, request *http.Request) {
		var size int64
		if _, err := fmt.Sscanf(request.URL.Path, "/%d.wav", &size); err != nil || size <= 44 || size >= 1<<32 {
			http.Error(response, "the path is /<bytes>.wav", http.StatusNotFound)
			return
		}
		if latency > 0 {
			time.Sleep(latency)
			response = &distant{ResponseWriter: response, bytesASecond: bytesASecond, next: time.Now()}
		}
		response.Header().Set("Content-Type", "audio/wav")
		response.Header().Set("ETag", strconv.Quote(strconv.FormatInt(size, 10)))
		file := &wav{header: wavHeader(size), noise: noise, size: size}
		http.ServeContent(response, request, "", time.Time{}, file)
	})
}
