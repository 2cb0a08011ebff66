include(CMakePackageConfigHelpers)

install(
    TARGETS sockeye_library
    EXPORT sockeye_targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(
    DIRECTORY sockeye
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING
    PATTERN "*.hpp"
    # What checks/layers.toml calls private.
    REGEX "/engine/(uring|epoll|kernel)_[a-z]+\\.hpp$" EXCLUDE
    # What only tests and fuzzers include.
    REGEX "_(test|transcript)\\.hpp$" EXCLUDE)
if(TARGET sockeye)
    install(TARGETS sockeye RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

# find_package(sockeye)
set(config_folder ${CMAKE_INSTALL_LIBDIR}/cmake/sockeye)
install(
    EXPORT sockeye_targets
    NAMESPACE sockeye::
    DESTINATION ${config_folder})
configure_package_config_file(cmake/sockeyeConfig.cmake.in sockeyeConfig.cmake
                              INSTALL_DESTINATION ${config_folder})
write_basic_package_version_file(sockeyeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/sockeyeConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/sockeyeConfigVersion.cmake DESTINATION ${config_folder})

# pkg-config
configure_file(cmake/sockeye.pc.in sockeye.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/sockeye.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
