package org.dctloss.cuda;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows of this room: values and the seam, JavaCPP and the JDK. */
@AnalyzeClasses(packages = "org.dctloss.cuda", importOptions = DoNotIncludeTests.class)
class CudaHouseRulesTest {
    @ArchTest
    static final ArchRule nothingButTheSeamAndJavaCpp = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "org.dctloss",
                    "org.dctloss.spi",
                    "org.dctloss.cuda",
                    "org.bytedeco.javacpp",
                    "org.bytedeco.javacpp.annotation",
                    "java..");

    @ArchTest
    static final ArchRule valuesAndOptionsAloneOfTheApi = noClasses()
            .should()
            .dependOnClassesThat()
            .haveNameMatching("org\\.dctloss\\.(DctLoss|LossSession|LossChecks|BlockDct|Backends).*");

    /** Pointers of other libraries come in, and their addresses go on. */
    @ArchTest
    static final ArchRule addressesAreNumbers = noClasses()
            .that()
            .doNotHaveFullyQualifiedName(DeviceMemory.class.getName())
            .and()
            .doNotHaveFullyQualifiedName(CudaStream.class.getName())
            .and()
            .doNotHaveFullyQualifiedName(CudaEvent.class.getName())
            .should()
            .dependOnClassesThat()
            .haveNameMatching("org\\.bytedeco\\.javacpp\\..*Pointer.*");

    /** Not even then: of the presets' classes, and of all others, there is JavaCPP's own Pointer alone. */
    @ArchTest
    static final ArchRule thePresetsAreOptional =
            noClasses().should().dependOnClassesThat().resideInAPackage("org.bytedeco.cuda..");

    @ArchTest
    static final ArchRule theLibraryNeverPrints = noClasses()
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err")
            .orShould()
            .callMethod(System.class, "exit", int.class);
}
