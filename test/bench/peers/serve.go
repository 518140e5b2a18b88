package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

// serveTls serves HTTP/1.1 on a free loopback port, which it prints. The process ends with its standard input.
// A new connection takes three times the latency: one for TCP and two for TLS, as over a network.
func serveTls(certificate, key string, latency time.Duration, handler http.HandlerFunc) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: handler,
		// Without HTTP/2, all programs use the same protocol.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
		// The service closes connections whose address or protocol it does not want.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	go endWithStandardInput()
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	return server.ServeTLS(&late{Listener: listener, latency: latency}, certificate, key)
}

// late delays the first bytes of each connection.
type late struct {
	net.Listener
	latency time.Duration
}

func (l *late) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil || l.latency == 0 {
		return conn, err
	}
	return &lateConn{Conn: conn, until: time.Now().Add(3 * l.latency)}, nil
}

type lateConn struct {
	net.Conn
	until time.Time
}

func (c *lateConn) Read(into []byte) (int, error) {
	time.Sleep(time.Until(c.until))
	return c.Conn.Read(into)
}

func endWithStandardInput() {
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}
