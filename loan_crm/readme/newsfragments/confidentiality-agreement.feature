Confidentiality agreements in versions that never change once published: signed in the app, sealed so that an alteration is found and
named, printed, withdrawn with a reason. Whether somebody holds one that counts is asked at each query, so a lapse takes effect in the
same second. The night asks who is new and whose agreement ends.
