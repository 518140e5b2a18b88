package main

import (
	"bufio"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const created = `<InitiateMultipartUploadResult><Bucket>null-bucket</Bucket><Key>k</Key><UploadId>u</UploadId></InitiateMultipartUploadResult>`
const completed = `<CompleteMultipartUploadResult><ETag>"done"</ETag></CompleteMultipartUploadResult>`
const badDigest = `<Error><Code>BadDigest</Code><Message>The digest you specified did not match the calculated checksum.</Message></Error>`

// serveSink is an S3 endpoint that accepts every signature, verifies the digest of every part and stores nothing.
// With "no-crc32" it ignores CRC-32 checksums, like providers that do not know them.
func serveSink(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: peers sink <certificate> <key> [no-crc32]")
	}
	knowsCrc32 := len(args) == 2
	return serveTls(args[0], args[1], 0, func(response http.ResponseWriter, request *http.Request) {
		switch request.Method {
		case http.MethodPut:
			takePart(response, request, knowsCrc32)
		case http.MethodPost:
			answerPost(response, request)
		case http.MethodDelete:
			response.WriteHeader(http.StatusNoContent)
		default:
			// Nothing is stored.
			response.WriteHeader(http.StatusNotFound)
		}
	})
}

func answerPost(response http.ResponseWriter, request *http.Request) {
	io.Copy(io.Discard, request.Body)
	response.Header().Set("Content-Type", "application/xml")
	if request.URL.Query().Has("uploads") {
		io.WriteString(response, created)
		return
	}
	io.WriteString(response, completed)
}

func takePart(response http.ResponseWriter, request *http.Request, knowsCrc32 bool) {
	reject := func(status int, body string) {
		response.Header().Set("Content-Type", "application/xml")
		response.WriteHeader(status)
		io.WriteString(response, body)
	}
	isChunked := strings.HasPrefix(request.Header.Get("X-Amz-Content-Sha256"), "STREAMING-")
	if !knowsCrc32 && strings.EqualFold(request.Header.Get("X-Amz-Trailer"), "x-amz-checksum-crc32") {
		reject(http.StatusNotImplemented, `<Error><Code>NotImplemented</Code><Message>Trailers are not implemented.</Message></Error>`)
		return
	}
	digests, into := expectedDigests(request, isChunked, knowsCrc32)
	if err := readPart(request, isChunked, into, digests); err != nil {
		reject(http.StatusBadRequest, badDigest)
		return
	}
	response.Header().Set("ETag", `"part"`)
	response.WriteHeader(http.StatusOK)
}

// digest is a checksum of a part and what the client says it is, in base64 or hexadecimal. An empty claim comes in a trailer.
type digest struct {
	sum     hash.Hash
	claimed string
	encode  func([]byte) string
}

// expectedDigests returns the digests that the request claims, by the lower-case name of their header.
func expectedDigests(request *http.Request, isChunked, knowsCrc32 bool) (map[string]*digest, io.Writer) {
	found := map[string]*digest{}
	trailer := strings.ToLower(request.Header.Get("X-Amz-Trailer"))
	add := func(name string, sum hash.Hash, encode func([]byte) string) {
		if claimed := request.Header.Get(name); claimed != "" || name == trailer {
			found[name] = &digest{sum, claimed, encode}
		}
	}
	base64Text := base64.StdEncoding.EncodeToString
	if knowsCrc32 {
		add("x-amz-checksum-crc32", crc32.NewIEEE(), base64Text)
	}
	add("x-amz-checksum-sha256", sha256.New(), base64Text)
	add("content-md5", md5.New(), base64Text)
	if payload := request.Header.Get("X-Amz-Content-Sha256"); len(payload) == 64 && !isChunked {
		found["x-amz-content-sha256"] = &digest{sha256.New(), payload, hex.EncodeToString}
	}
	var writers []io.Writer
	for _, one := range found {
		writers = append(writers, one.sum)
	}
	return found, io.MultiWriter(writers...)
}

// readPart reads the body and compares the digests.
func readPart(request *http.Request, isChunked bool, into io.Writer, digests map[string]*digest) error {
	if isChunked {
		trailers, err := readChunks(bufio.NewReaderSize(request.Body, 64<<10), into)
		if err != nil {
			return err
		}
		for name, value := range trailers {
			if one := digests[name]; one != nil {
				one.claimed = value
			}
		}
	} else if _, err := io.CopyBuffer(into, onlyReader{request.Body}, make([]byte, 128<<10)); err != nil {
		return err
	}
	for name, one := range digests {
		if got := one.encode(one.sum.Sum(nil)); got != one.claimed {
			return fmt.Errorf("%s is %s, not %s", name, got, one.claimed)
		}
	}
	return nil
}

// onlyReader hides WriteTo, so that CopyBuffer uses its buffer.
type onlyReader struct{ io.Reader }

// readChunks decodes aws-chunked: "<hex size>[;…]\r\n<bytes>\r\n" … "0\r\n<trailers>\r\n". Returns the trailers with lower-case names.
func readChunks(body *bufio.Reader, into io.Writer) (map[string]string, error) {
	buffer := make([]byte, 128<<10)
	for {
		line, err := readLine(body)
		if err != nil {
			return nil, err
		}
		size, err := strconv.ParseInt(strings.SplitN(line, ";", 2)[0], 16, 64)
		if err != nil {
			return nil, err
		}
		if size == 0 {
			return readTrailers(body)
		}
		if _, err := io.CopyBuffer(into, onlyReader{io.LimitReader(body, size)}, buffer); err != nil {
			return nil, err
		}
		if line, err := readLine(body); err != nil || line != "" {
			return nil, errors.New("a chunk has a wrong size")
		}
	}
}

func readTrailers(body *bufio.Reader) (map[string]string, error) {
	trailers := map[string]string{}
	for {
		line, err := readLine(body)
		if line == "" || err == io.EOF {
			return trailers, nil
		}
		if err != nil {
			return nil, err
		}
		name, value, _ := strings.Cut(line, ":")
		trailers[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
	}
}

func readLine(body *bufio.Reader) (string, error) {
	line, err := body.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}
