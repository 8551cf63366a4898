-- One end of a mutual TLS connection on Haskell's tls: peer ROLE HOST PORT CERTIFICATE KEY CA VERSION.
import qualified Data.ByteString.Char8 as B
import qualified Data.ByteString.Lazy.Char8 as L
import Data.Default.Class (def)
import Data.X509.CertificateStore (readCertificateStore)
import Data.X509.Validation (validateDefault, defaultChecks, defaultHooks, validate, ValidationChecks(..), exceptionValidationCache, FailedReason)
import Data.X509 (CertificateChain, HashALG(HashSHA256))
import qualified Data.X509 as X
import Network.Socket
import Network.TLS
import Network.TLS.Extra.Cipher (ciphersuite_strong)
import System.Environment (getArgs)
import System.IO

main :: IO ()
main = do
  [role, host, port, certificate, key, ca, version] <- getArgs
  Just authorities <- readCertificateStore ca
  own <- if certificate == "-" then return [] else do
    Right loaded <- credentialLoadX509 certificate key
    return [loaded]
  let versions = if version == "1.2" then [TLS12] else [TLS13, TLS12]
      supported = def { supportedVersions = versions, supportedCiphers = ciphersuite_strong }
      shared = def { sharedCAStore = authorities, sharedCredentials = Credentials own }
  address : _ <- getAddrInfo (Just defaultHints { addrSocketType = Stream }) (Just host) (Just port)
  line <- socket (addrFamily address) Stream defaultProtocol
  if role == "server" then do
    setSocketOption line ReuseAddr 1
    bind line (addrAddress address)
    listen line 1
    (plain, _) <- accept line
    let judge chain = do
          faults <- validate X.HashSHA256 defaultHooks defaultChecks { checkFQHN = False, checkLeafKeyPurpose = [X.KeyUsagePurpose_ClientAuth] } authorities (exceptionValidationCache []) ("", B.empty) chain
          hPutStrLn stderr (show faults)
          return (if null faults then CertificateUsageAccept else CertificateUsageReject (CertificateRejectOther (show faults)))
        parameters = def { serverWantClientCert = True, serverShared = shared, serverSupported = supported
                         , serverHooks = def { onClientCertificate = judge } }
    context <- contextNew plain parameters
    handshake context
    request <- recvData context
    print request
    sendData context (L.pack "OK\n")
    bye context
  else do
    connect line (addrAddress address)
    let base = defaultParamsClient "irisb.example.com" B.empty
        parameters = base { clientShared = shared, clientSupported = supported
                          , clientHooks = def { onCertificateRequest = \_ -> return (case own of { [] -> Nothing; c : _ -> Just c }) } }
    context <- contextNew line parameters
    handshake context
    sendData context (L.pack "STATUS\n")
    answer <- recvData context
    print answer
    bye context
